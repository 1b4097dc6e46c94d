/**
 * Random programs on random packets, run by the kernel and by both engines of the simulated one: result, packet, context and map
 * have to be the same.
 *
 * `VM_FAMILIES` says how many families of programs (40 when not set), `VM_SEED` where to start.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hex, viewOf } from "../../base/bytes.ts";
import { format } from "../../isa/format.ts";
import type { ProgTestRun } from "../../kernel/commands.ts";
import { SyscallError } from "../../kernel/errors.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { Random } from "../../lang/ir/testing-generator.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { isSimulated } from "../../testing/kernel-under-test.ts";
import { needs } from "../../testing/needs.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";
import { loadOrLog } from "./testing-load.ts";
import type { RandomProgram } from "./testing-steps.ts";
import {
  familySize,
  generateFamily,
  packetAreaSize,
  type PacketProgramType,
  packetProgramTypes,
} from "./testing-packet-generator.ts";

const families = Number(process.env["VM_FAMILIES"] ?? 40);
const firstSeed = Number(process.env["VM_SEED"] ?? 1);
const packetsPerFamily = 6;

describe("programs on packets, against the kernel", needs("root", "bpf"), () => {
  const kernel = openNativeKernel();
  const why = !isAtLeast(kernel.version, [6, 18]) && "the simulated kernel is like Linux 6.18";
  const skip = isSimulated() ? "it would be held against itself" : why;
  for (const type of packetProgramTypes) {
    it(`leave the same behind: ${type}`, { skip }, (test) => {
      const tally = { programs: 0, runs: 0, refused: 0 };
      for (let seed = firstSeed; seed < firstSeed + families; seed++) {
        const family = { seed, type, programs: generateFamily(seed, type) };
        using native = new Bench(kernel, family);
        tally.programs += familySize;
        tally.refused += native.refused.length;
        if (tally.refused === native.refused.length)
          for (const log of native.refused) test.diagnostic(`family ${seed}\n${log}`);
        tally.runs += compareFamily(family, native);
      }
      test.diagnostic(JSON.stringify(tally));
      assert.ok(tally.refused * 20 <= tally.programs, `${tally.refused} programs are refused`);
    });
  }
});

/** Programs that go on in one another. */
interface Family {
  readonly seed: number;
  readonly type: PacketProgramType;
  readonly programs: readonly RandomProgram[];
}

/** Runs all programs on some packets: how many runs there were. */
function compareFamily(family: Family, native: Bench): number {
  const benches = (["interpret", "compile"] as const).map((engine) => {
    const kernel = createSimulatedKernel({ engine, checking: "off" });
    return { engine, bench: new Bench(kernel, family, native) };
  });
  const random = new Random(family.seed);
  const inputs = Array.from({ length: packetsPerFamily }, () => randomInput(random, family.type));
  const runs = inputs.flatMap((input) => native.loaded.map((index) => ({ input, index })));
  for (const { input, index } of runs) {
    const expected = native.run(index, input);
    for (const { engine, bench } of benches) {
      const found = bench.run(index, input);
      const program = () => describeRun(input, family.programs[index]!);
      compare(found, expected, () => `family ${family.seed}, ${index}, ${engine}\n${program()}`);
    }
  }
  return runs.length;
}

/** What a run is given. */
interface Input {
  readonly data: Uint8Array;
  readonly context: Uint8Array | undefined;
  readonly area: Uint8Array;
}

/** What a run left, as text. */
interface Outcome {
  readonly error: string;
  readonly retval: number;
  readonly size: number;
  readonly data: string;
  readonly context: string;
  readonly area: string;
}

function compare(found: Outcome, expected: Outcome, where: () => string): void {
  for (const key of ["error", "retval", "size", "data", "context", "area"] as const) {
    if (found[key] === expected[key]) continue;
    assert.fail(`${key} differs: ${found[key]}\ninstead of ${expected[key]}\n${where()}`);
  }
}

function describeRun({ data, context }: Input, { instructions }: RandomProgram): string {
  const given = context === undefined ? "" : `context ${hex(context)}\n`;
  return `${data.length} bytes ${hex(data)}\n${given}${format(instructions)}`;
}

const lengths = [14, 15, 20, 33, 34, 42, 60, 64, 77, 100, 128, 200, 300, 1000, 1500];
const protocols = [0x0800, 0x0800, 0x86dd, 0x0806, 0x8100, 0x0026];

function randomInput(random: Random, type: PacketProgramType): Input {
  const data = randomBytes(random, random.pick(lengths));
  viewOf(data).setUint16(12, random.pick(protocols));
  const context = type === "xdp" ? metadataOf(random, data) : randomContext(random);
  return { data, context, area: randomBytes(random, packetAreaSize) };
}

function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 8)
    for (let byte = at, number = random.number(); byte < Math.min(length, at + 8); byte++)
      bytes[byte] = Number((number >> BigInt(8 * (byte - at))) & 255n);
  return bytes;
}

/** Some of the bytes as metadata; not all numbers are taken. */
function metadataOf(random: Random, data: Uint8Array): Uint8Array | undefined {
  if (random.chance(50)) return undefined;
  const metadata = random.pick([0, 4, 4, 8, 12, 32, 36, 200, 256, 5]);
  return new Uint8Array(Uint32Array.of(metadata, data.length, 0, 0, 0, 0).buffer);
}

/** Mark, priority and the five numbers of `cb` may be given. */
function randomContext(random: Random): Uint8Array | undefined {
  if (random.chance(30)) return undefined;
  const context = new Uint8Array(192);
  for (const at of [8, 32, 48, 52, 56, 60, 64])
    viewOf(context).setUint32(at, Number(BigInt.asUintN(32, random.number())), true);
  return context;
}

/** A kernel with the maps that a family uses, and its programs. */
class Bench implements Disposable {
  /** Indexes of those that were loaded, and the logs of the others. */
  readonly loaded: readonly number[];
  readonly refused: readonly string[];
  readonly #kernel: Kernel;
  readonly #resources = new DisposableStack();
  readonly #programs: readonly (Handle | string)[];
  readonly #area;

  /** Without those that another kernel has refused. */
  constructor(kernel: Kernel, { type: progType, programs }: Family, other?: Bench) {
    this.#kernel = kernel;
    const shape = { keySize: 4, valueSize: packetAreaSize, maxEntries: 1 };
    const area = this.#resources.use(kernel.bpf("mapCreate", { mapType: "array", ...shape }));
    this.#area = kernel.openElements(area, { name: "area", ...shape });
    const row = { keySize: 4, valueSize: 4, maxEntries: 2 * familySize };
    const array = this.#resources.use(kernel.bpf("mapCreate", { mapType: "prog_array", ...row }));
    const maps = [area, array];
    this.#programs = programs.map((program, index) => {
      if (other !== undefined && !other.loaded.includes(index)) return "";
      const loaded = loadOrLog(kernel, program, { progType, maps });
      return typeof loaded === "string" ? loaded : this.#resources.use(loaded);
    });
    this.loaded = [...this.#programs.keys()].filter((at) => typeof this.#programs[at] !== "string");
    this.refused = this.#programs.filter((it) => typeof it === "string");
    for (const index of this.loaded) this.#putInto(array, index);
  }

  #putInto(array: Handle, index: number): void {
    const key = new Uint8Array(Uint32Array.of(index).buffer);
    const value = [this.#programs[index] as Handle];
    this.#kernel.bpf("mapUpdateElem", { map: array, key, value, flags: "any" });
  }

  run(index: number, { data, context, area }: Input): Outcome {
    this.#area.value.set(area);
    this.#area.update("any");
    const dataOut = new Uint8Array(4096);
    const ctxOut = context && new Uint8Array(context.length);
    const prog = this.#programs[index] as Handle;
    const run: ProgTestRun = { prog, dataIn: data, dataOut, ctxIn: context, ctxOut };
    const { retval, dataSizeOut, error } = attempt(() => this.#kernel.bpf("progTestRun", run));
    this.#area.lookup("plain");
    return {
      error,
      retval,
      size: dataSizeOut,
      data: hex(dataOut.subarray(0, dataSizeOut)),
      context: ctxOut === undefined ? "" : hex(ctxOut),
      area: hex(this.#area.value),
    };
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}

function attempt(run: () => { readonly retval: number; readonly dataSizeOut: number }) {
  try {
    return { ...run(), error: "" };
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return { retval: 0, dataSizeOut: 0, error: error.errnoName };
  }
}
