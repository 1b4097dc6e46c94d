/**
 * One random program, run by JavaScript and by the kernel.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { loadCollection } from "../../../collection/load.ts";
import { BpfError, InvalidArgumentError } from "../../../base/errors.ts";
import { bytesOfValue } from "../../../layout/memory-object.ts";
import type { GlobalSpec } from "../../../spec/map-spec.ts";
import { xdp } from "../../../spec/xdp.ts";
import { VerifierError } from "../../../verifier/verifier-error.ts";
import { compileProgram, type CompileProgramOptions } from "../../compile-program.ts";
import { Random } from "../../ir/testing-generator.ts";
import { simulate } from "../../../simulate/simulate.ts";
import { testFunction, testProgram } from "../testing.ts";
import { testBtf, testIsaVersions, testKernel, testVersion } from "../testing-run.ts";
import { type GeneratedProgram, inputCount } from "./generate.ts";
import { withoutTypes } from "./syntax.ts";
import { Head, makeWorld, scopeOf, Small, type World } from "./world.ts";

/** How to compile. */
export type Mode = Required<Pick<CompileProgramOptions, "optimize" | "isaVersion">>;

/** The ways a program is compiled, of those that the kernel takes. */
export function modes(): readonly Mode[] {
  const all: readonly Mode[] = [
    { optimize: "none", isaVersion: 3 },
    { optimize: "full", isaVersion: 3 },
    { optimize: "full", isaVersion: 4 },
  ];
  return all.filter(({ isaVersion }) => testIsaVersions().includes(isaVersion));
}

/** What came of a program. */
export type Verdict =
  | { readonly kind: "same" }
  /** More than the verifier or the stack takes: nothing is wrong with that. */
  | { readonly kind: "too much"; readonly of: "steps" | "stack" }
  /** A constant was refused for what it is, as it should. */
  | { readonly kind: "known" }
  | {
      readonly kind: "rejected" | "refused" | "crashed";
      readonly mode: Mode;
      readonly message: string;
    }
  | {
      readonly kind: "different";
      readonly mode: Mode;
      readonly input: Uint8Array;
      readonly found: Outcome;
      readonly expected: Outcome;
    };

/** What a run left behind: the result, the packet, and all maps. */
export interface Outcome {
  readonly returned: number;
  readonly packet: readonly number[] | undefined;
  readonly maps: Readonly<Record<string, unknown>>;
}

/** Runs a program on inputs made from `seed` in all modes. State of one input is left for the next. */
export function compare(
  program: GeneratedProgram,
  seed: number,
  inputs: number,
  which: readonly Mode[] = modes(),
): Verdict {
  const given = randomInputs(seed, inputs);
  let expected: readonly Outcome[];
  try {
    expected = runAsJavaScript(program, given);
  } catch (error) {
    return { kind: "crashed", mode: which[0]!, message: `as JavaScript: ${describeError(error)}` };
  }
  for (const mode of which) {
    const verdict = compareMode(program, given, { mode, expected });
    if (verdict.kind !== "same") return verdict;
  }
  return { kind: "same" };
}

function compareMode(
  program: GeneratedProgram,
  given: readonly Uint8Array[],
  { mode, expected }: { readonly mode: Mode; readonly expected: readonly Outcome[] },
): Verdict {
  try {
    using running = load(program, mode);
    for (const [index, input] of given.entries()) {
      const found = running.run(input);
      if (isDeepStrictEqual(found, expected[index])) continue;
      return { kind: "different", mode, input, found, expected: expected[index]! };
    }
    return { kind: "same" };
  } catch (error) {
    return failed(error, mode);
  }
}

function failed(error: unknown, mode: Mode): Verdict {
  if (error instanceof VerifierError) {
    const log = error.log.join("\n");
    if (/BPF program is too large|too complex/.test(log)) return { kind: "too much", of: "steps" };
    if (/combined stack size|stack depth/.test(log)) return { kind: "too much", of: "stack" };
    return { kind: "rejected", mode, message: log.slice(-2500) };
  }
  const message = describeError(error);
  if (error instanceof InvalidArgumentError && message.includes("stack"))
    return { kind: "too much", of: "stack" };
  if (/is out of range for|has no element/.test(message)) return { kind: "known" };
  return { kind: error instanceof BpfError ? "refused" : "crashed", mode, message };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, stack } = error;
  return `${message}\n${String(stack).replaceAll(/^(?! +at).*\n/gm, "")}`.slice(0, 3000);
}

const inputBytes = 128;
/** Twelve arguments, as many as a raw tracepoint can have. */
const tracepointBytes = 96;

function randomInputs(seed: number, count: number): Uint8Array[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: inputBytes / 8 }, () => BigInt.asUintN(64, random.number()));
    const input = new Uint8Array(new BigUint64Array(words).buffer);
    return withText(input, random);
  });
}

/** The same with text where a packet has its name: strings of JavaScript cannot hold any bytes. */
function withText(input: Uint8Array, random: Random): Uint8Array {
  const offset = Head.fields["small"]!.offset + Small.fields["name"]!.offset;
  const text = random.pick(["", "a", "abc", "abcde"]);
  input.fill(0, offset, offset + Small.fields["name"]!.layout.size);
  input.set(new TextEncoder().encode(text), offset);
  return input;
}

/** A loaded program with its maps. */
interface Running extends Disposable {
  run(input: Uint8Array): Outcome;
}

function load(program: GeneratedProgram, mode: Mode): Running {
  const world = makeWorld();
  const scope: Record<string, unknown> = { ...scopeOf(world) };
  for (const [name, text] of Object.entries(program.functions))
    scope[name] = testFunction(text, scope, name);
  const isXdp = program.kind === "xdp";
  const options = isXdp
    ? xdp(() => 0)
    : ({ type: "raw_tracepoint", target: { kind: "none" } } as const);
  const made = testProgram(program.text, scope, options as never);
  const target = { btf: testBtf(), kernelVersion: testVersion() };
  const compiled = compileProgram({ ...made, ...target, debug: true, ...mode });
  const specs: object = { main: compiled.spec, ...world };
  const loaded = loadCollection(testKernel(), specs as never) as unknown as Loaded;
  return {
    run: (input) => {
      const { main } = loaded;
      const { returnValue, data } = main.run(
        isXdp ? { data: input } : { context: input.subarray(0, tracepointBytes) },
      );
      const packet = isXdp ? [...(data as Uint8Array)] : undefined;
      return { returned: returnValue | 0, packet, maps: contents(world, loaded) };
    },
    [Symbol.dispose]: () => loaded[Symbol.dispose](),
  };
}

interface Loaded extends Disposable {
  readonly main: {
    run(given: object): { readonly returnValue: number; readonly data?: Uint8Array };
  };
  readonly [map: string]: unknown;
}

function contents(world: World, loaded: Loaded): Record<string, unknown> {
  const all = Object.keys(world).map((name): [string, unknown] => {
    const map = loaded[name] as {
      readonly value?: unknown;
      entries?: () => Iterable<readonly [unknown, unknown]>;
    };
    return [name, "value" in map ? map.value : sorted(map.entries!())];
  });
  return Object.fromEntries(all);
}

function sorted(entries: Iterable<readonly [unknown, unknown]>): unknown {
  return [...entries].toSorted(([left], [right]) =>
    JSON.stringify(left) < JSON.stringify(right) ? -1 : 1,
  );
}

/** What JavaScript computes, for one input after the other. */
function runAsJavaScript(program: GeneratedProgram, given: readonly Uint8Array[]): Outcome[] {
  const world = makeWorld();
  const scope: Record<string, unknown> = { ...scopeOf(world) };
  for (const [name, text] of Object.entries(program.functions)) scope[name] = evaluate(text, scope);
  const main = evaluate(program.text, scope);
  using simulation = simulate();
  return given.map((input) => {
    const context = program.kind === "xdp" ? simulation.xdp(input) : tracepointContext(input);
    const returned = Number(main(context)) | 0;
    const packet = program.kind === "xdp" ? [...simulation.packetBytes(context)] : undefined;
    const maps = Object.entries(world).map(([name, spec]): [string, unknown] => {
      if ("variable" in spec) return [name, plain(spec as GlobalSpec<unknown>)];
      const map = simulation.map(spec as never) as {
        entries: () => Iterable<readonly [unknown, unknown]>;
        get: (key: number) => unknown;
      };
      if (name !== "slots") return [name, sorted(map.entries())];
      return [name, [0, 1, 2, 3].map((index) => [index, map.get(index)])];
    });
    return { returned, packet, maps: Object.fromEntries(maps) };
  });
}

function tracepointContext(input: Uint8Array): object {
  const words = new BigUint64Array(input.slice().buffer);
  return { args: [...words.subarray(0, inputCount)] };
}

/** The value of a variable as user space reads it. */
function plain({ layout, value }: GlobalSpec<unknown>): unknown {
  return layout.read(new DataView(bytesOfValue(layout, value).buffer), 0);
}

function evaluate(
  text: string,
  scope: Readonly<Record<string, unknown>>,
): (context: object) => unknown {
  const names = Object.keys(scope);
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is generated here
  const make = new Function(...names, `return ${withoutTypes(text)}`) as (
    ...given: unknown[]
  ) => (context: object) => unknown;
  return make(...names.map((name) => scope[name]));
}
