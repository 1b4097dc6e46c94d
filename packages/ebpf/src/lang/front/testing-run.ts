/**
 * Running programs of text in the kernel, for tests.
 * @module
 */
import assert from "node:assert/strict";
import { loadCollection } from "../../collection/load.ts";
import type { BpfMap } from "../../map/bpf-map.ts";
import type { TestRunInput } from "../../program/test-run.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";
import type { SourceProgramOptions } from "../../spec/source-program.ts";
import { RingBuffer } from "../../stream/ring-buffer.ts";
import { parseBtf, type Btf } from "../../btf/btf.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { loadProgram } from "../../program/load.ts";
import { kernelUnderTest } from "../../testing/kernel-under-test.ts";
import type { IsaVersion } from "../emit/emit.ts";
import * as layouts from "../../layout/index.ts";
import * as builtins from "../builtins/index.ts";
import { compileProgram, type CompileProgramOptions } from "../compile-program.ts";
import { testProgram, type TestScope } from "./testing.ts";

/** How to compile and what to give. */
export interface RunOptions extends Pick<
  CompileProgramOptions,
  "isaVersion" | "optimize" | "kernelVersion"
> {
  /** Arguments of the raw tracepoint. */
  readonly given?: readonly bigint[];
  readonly scope?: TestScope;
}

let kernel: Kernel | undefined;
let btf: Btf | undefined;

/** The kernel of this machine. */
export function testKernel(): Kernel {
  return (kernel ??= kernelUnderTest());
}

/** Its types. */
export function testBtf(): Btf {
  return (btf ??= parseBtf(testKernel().readBtf("vmlinux"), { path: "vmlinux" }));
}

/** Its version, as the compiler takes it. */
export function testVersion(): number {
  const [major, minor] = testKernel().version;
  return 1000 * major + minor;
}

/** Versions of the instruction set that it has. */
export function testIsaVersions(): readonly IsaVersion[] {
  return testVersion() >= 6006 ? [1, 2, 3, 4] : [1, 2, 3];
}

/** What a raw tracepoint program returns for these arguments. */
export function runArguments(text: string, options: RunOptions): number {
  const { given = [], scope = {}, ...compileOptions } = options;
  const { program, capture } = testProgram(text, { ...layouts, ...scope });
  const target = { kernelVersion: testVersion(), ...compileOptions };
  const compiled = compileProgram({ program, capture, debug: true, ...target });
  using loaded = loadProgram(testKernel(), compiled.spec);
  const words = Array.from({ length: 12 }, (_, index) => given[index] ?? 0n);
  const context = new Uint8Array(new BigInt64Array(words).buffer);
  return loaded.run({ context }).returnValue;
}

/** How to run a program with maps. */
export interface RunWithMapsOptions extends RunOptions {
  /** How often; once when left out. */
  readonly repeat?: number;
  readonly program?: SourceProgramOptions<AttachTarget>;
  readonly input?: TestRunInput;
}

/** What a program with maps left. */
export interface RunWithMaps {
  /** What the last run returned. */
  readonly returned: number;
  readonly data: Uint8Array;
  readonly elements: (map: string) => unknown[];
  readonly global: (map: string) => unknown;
  readonly events: (ring: string) => unknown[];
}

/** As the program is written, and as it is loaded otherwise. */
export const modes = ["none", "full"] as const;

/** Fails when a program of text, with maps or without, returns something else, in either of {@link modes}. */
export function assertReturned(
  text: string,
  expected: number,
  { given = [], scope = {} }: Pick<RunOptions, "given" | "scope"> = {},
): void {
  for (const optimize of modes) {
    const all = { ...builtins, ...scope };
    const { returned } = runWithMaps(text, { scope: all, optimize, given });
    assert.equal(returned | 0, expected, `${text} (${optimize})`);
  }
}

/** Loads a program of text with all maps it uses, runs it, and reads the maps. */
export function runWithMaps(text: string, options: RunWithMapsOptions): RunWithMaps {
  const { given = [], scope = {}, repeat = 1, input, ...rest } = options;
  const { program, capture } = testProgram(text, { ...layouts, ...scope }, rest.program);
  const target = { btf: testBtf(), isaVersion: rest.isaVersion ?? 3 } as const;
  const compiled = compileProgram({
    program,
    capture,
    debug: true,
    ...target,
    optimize: rest.optimize ?? "full",
    kernelVersion: rest.kernelVersion ?? testVersion(),
  });
  const specs = Object.fromEntries(compiled.maps.map((map) => [`map_${map.name}`, map]));
  using collection = loadCollection(testKernel(), { test: compiled.spec, ...specs });
  const words = Array.from({ length: 12 }, (_, index) => given[index] ?? 0n);
  const context = new Uint8Array(new BigInt64Array(words).buffer);
  const loaded = collection.programs.get("test")!;
  let [returned, data] = [0, new Uint8Array()];
  for (let count = 0; count < repeat; count++) {
    const result = loaded.run(input ?? { context });
    [returned, data] = [result.returnValue, result.data as Uint8Array<ArrayBuffer>];
  }
  const left = new Map<string, unknown[]>();
  for (const [key, map] of collection.maps) left.set(key.slice(4), contentsOf(map));
  const find = (name: string): unknown[] => left.get(name) ?? [];
  return { returned, data, elements: find, global: (name) => find(name)[0], events: find };
}

function contentsOf(map: BpfMap): unknown[] {
  if (map instanceof RingBuffer) {
    return [...map.drain()];
  }
  if ("value" in map) return [map.value];
  return "entries" in map
    ? [...(map as unknown as { entries: () => Iterable<unknown> }).entries()]
    : [];
}
