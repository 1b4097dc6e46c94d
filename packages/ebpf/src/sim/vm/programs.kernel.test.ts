/**
 * Random programs, run by the kernel and by both engines: all that they return and leave in memory has to be the same.
 *
 * `VM_PROGRAMS` says how many (320 when not set), `VM_SEED` where to start.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { viewOf } from "../../base/bytes.ts";
import { format } from "../../isa/format.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { Random } from "../../lang/ir/testing-generator.ts";
import type { Arena } from "../../map/arena.ts";
import { createMap } from "../../map/create.ts";
import { arena } from "../../spec/arena.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { isSimulated } from "../../testing/kernel-under-test.ts";
import { needs } from "../../testing/needs.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";
import {
  areaSize,
  arenaPages,
  elements,
  elementSize,
  type GeneratorOptions,
  generateBatch,
  pageSize,
} from "./testing-generator.ts";
import { loadOrLog } from "./testing-load.ts";
import type { RandomProgram } from "./testing-steps.ts";

const usual = 320;
const wantedPrograms = Number(process.env["VM_PROGRAMS"] ?? usual);
/** Programs that work in an arena, apart: it is the younger half, and not on every machine. */
const wantedInArenas = Number(process.env["VM_ARENA_PROGRAMS"] ?? usual);
const firstSeed = Number(process.env["VM_SEED"] ?? 1);
const programs = 32;
const areas = programs * areaSize;
/** Where the first page of the arena is in what runs start with and leave. */
const pageAt = areas + elements * elementSize;

describe("engines, against the kernel", needs("root", "bpf"), () => {
  const kernel = openNativeKernel();
  const why = !isAtLeast(kernel.version, [6, 6]) && "instructions of ISA v4 need Linux 6.6";
  const skip = isSimulated() ? "it would be held against itself" : why;
  const instructions = {
    ordered: isAtLeast(kernel.version, [6, 15]),
    mayGoto: isAtLeast(kernel.version, [6, 9]),
  };
  const hasArenas = isAtLeast(kernel.version, [6, 18]) && process.arch === "x64";
  const noArena = !hasArenas && "arenas of Linux 6.18 on x86-64";

  it("give the same results, registers and memory as the kernel", { skip }, (test) =>
    compareAll(test, { ...instructions, arena: false }, wantedPrograms),
  );

  it("do so in arenas", { skip: skip || noArena }, (test) =>
    compareAll(test, { ...instructions, arena: true }, wantedInArenas),
  );

  function compareAll(test: TestContext, options: GeneratorOptions, wanted: number): void {
    const native = new Bench(kernel, options);
    const simulated = (["interpret", "compile"] as const).map((engine) => ({
      engine,
      bench: new Bench(createSimulatedKernel({ engine, checking: "off" }), options),
    }));
    const tally = { compared: 0, instructions: 0, refused: 0 };
    const compare = (seeds: readonly number[]): void => {
      const batch = generateBatch(seeds, options);
      const loaded = native.load(batch);
      if (typeof loaded === "string") return apart(seeds, loaded);
      using prog = loaded;
      tally.compared += seeds.length;
      tally.instructions += batch.instructions.length;
      const input = randomBytes(seeds[0]!);
      const expected = native.run(prog, input);
      assert.notDeepEqual(expected.memory, input);
      for (const { engine, bench } of simulated) {
        using own = bench.load(batch) as Handle;
        const found = bench.run(own, input);
        if (found.retval !== expected.retval || Buffer.compare(found.memory, expected.memory) !== 0)
          fail({ seeds, engine, batch, found, expected });
      }
    };
    /** Only what is refused alone counts. */
    const apart = (seeds: readonly number[], log: string): void => {
      const half = seeds.length / 2;
      if (half >= 1) [seeds.slice(0, half), seeds.slice(half)].forEach(compare);
      else if (tally.refused++ < 3) test.diagnostic(`seed ${seeds[0]} is refused\n${log}`);
    };
    for (let seed = firstSeed; seed < firstSeed + wanted; seed += programs)
      compare(Array.from({ length: programs }, (_, index) => seed + index));
    native.close();
    test.diagnostic(JSON.stringify(tally));
    assert.ok(tally.refused * 100 <= wanted, `the kernel refuses ${tally.refused} of ${wanted}`);
  }
});

/** What a run left. */
interface Outcome {
  readonly retval: number;
  /** The areas, the elements behind them, and the first page of the arena. */
  readonly memory: Uint8Array;
}

/** A kernel with the maps that batches use. */
class Bench {
  readonly #kernel: Kernel;
  readonly #maps: readonly Handle[];
  readonly #areas;
  readonly #elements;
  readonly #arena: Arena | undefined;

  constructor(kernel: Kernel, { arena: hasArena }: Pick<GeneratorOptions, "arena">) {
    this.#kernel = kernel;
    const make = (valueSize: number, maxEntries: number) => {
      const map = kernel.bpf("mapCreate", { mapType: "array", keySize: 4, valueSize, maxEntries });
      return { map, access: kernel.openElements(map, { name: "m", keySize: 4, valueSize }) };
    };
    const [first, second] = [make(areas, 1), make(elementSize, elements)];
    this.#arena = hasArena ? createMap(kernel, arena("arena", arenaPages)) : undefined;
    this.#maps = [
      first.map,
      second.map,
      ...(this.#arena === undefined ? [] : [this.#arena.handle]),
    ];
    this.#areas = first.access;
    this.#elements = second.access;
  }

  load(batch: RandomProgram): Handle | string {
    const type = { progType: "syscall", progFlags: ["sleepable"] } as const;
    return loadOrLog(this.#kernel, batch, { ...type, maps: this.#maps });
  }

  run(prog: Handle, input: Uint8Array): Outcome {
    this.#areas.key.fill(0);
    this.#areas.value.set(input.subarray(0, areas));
    this.#areas.update("any");
    this.#each((place) => {
      this.#elements.value.set(input.subarray(place, place + elementSize));
      this.#elements.update("any");
    });
    this.#arena?.bytes.set(input.subarray(pageAt), 0);
    const { retval } = this.#kernel.bpf("progTestRun", { prog });
    const memory = new Uint8Array(input.length);
    assert.ok(this.#areas.lookup("plain"));
    memory.set(this.#areas.value);
    this.#each((place) => {
      assert.ok(this.#elements.lookup("plain"));
      memory.set(this.#elements.value, place);
    });
    if (this.#arena !== undefined) memory.set(this.#arena.bytes.subarray(0, pageSize), pageAt);
    return { retval, memory };
  }

  close(): void {
    for (const map of this.#maps) map.close();
    this.#arena?.close();
  }

  #each(visit: (place: number) => void): void {
    for (let element = 0; element < elements; element++) {
      viewOf(this.#elements.key).setUint32(0, element, true);
      visit(areas + element * elementSize);
    }
  }
}

function randomBytes(seed: number): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(pageAt + pageSize);
  for (let at = 0; at < bytes.length; at += 8) viewOf(bytes).setBigInt64(at, random.number(), true);
  return bytes;
}

/** What two runs of a batch left. */
interface Difference {
  readonly seeds: readonly number[];
  readonly engine: string;
  readonly batch: RandomProgram;
  readonly found: Outcome;
  readonly expected: Outcome;
}

function fail({ seeds, engine, batch, found, expected }: Difference): never {
  const at = expected.memory.findIndex((byte, place) => byte !== found.memory[place]);
  const index = at < 0 || at >= areas ? -1 : Math.floor(at / areaSize);
  if (index < 0) {
    const values = `returned ${found.retval} instead of ${expected.retval}`;
    assert.fail(`batch of ${seeds[0]}, ${engine}: ${values}, first byte that differs: ${at}`);
  }
  const start = batch.instructions.findIndex(({ label }) => label === `program${index}`);
  const end = batch.instructions.findIndex(({ label }) => label === `program${index + 1}`);
  const area = ({ memory }: Outcome): string =>
    Buffer.from(memory.subarray(index * areaSize, (index + 1) * areaSize)).toString("hex");
  assert.fail(
    `seed ${seeds[index]} (${engine}): byte ${at % areaSize} differs\n` +
      `${area(found)} instead of\n${area(expected)}\n` +
      format(batch.instructions.slice(start, end < 0 ? undefined : end)),
  );
}
