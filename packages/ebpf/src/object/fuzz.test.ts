import assert from "node:assert/strict";
import { globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { getHeapStatistics } from "node:v8";
import { parseBtf } from "../btf/btf.ts";
import { sampleBtf } from "../btf/testing-sample.ts";
import { bpfMachine } from "../elf/elf.ts";
import { writeElf } from "../elf/write.ts";
import { mutate, type Random, randomOf } from "./testing-mutation.ts";
import { sampleCollection } from "./testing-sample.ts";
import { useObject } from "./testing-uses.ts";
import { writeObject } from "./write.ts";

const environment = process.env;
const inputs = Number(environment["EBPF_FUZZ_INPUTS"] ?? 1000);
const seed = Number(environment["EBPF_FUZZ_SEED"] ?? 1);
/** Folder for inputs that fail, and for the one that is being tried, to be looked at when a run hangs or crashes. */
const keptIn = environment["EBPF_FUZZ_KEEP"];
/** Processor time that one input may take, and memory. */
const limitMs = 2000;
const limitBytes = 256 << 20;

/** What is damaged: files of ours, and small real ones of a folder when it is given. */
function seeds(): readonly Uint8Array[] {
  const folder = environment["EBPF_FUZZ_OBJECTS"];
  const files = folder === undefined ? [] : globSync("**/*.{o,elf}", { cwd: folder }).toSorted();
  const small = files
    .map((file) => join(folder!, file))
    .filter((file) => statSync(file).size < 20_000);
  // From all over the folder.
  const step = Math.max(1, small.length / 300);
  const chosen = small.filter((_, index) => Math.floor(index % step) === 0);
  return [writeObject(sampleCollection), typesOnly(), ...chosen.map((file) => readFileSync(file))];
}

/** An object with a type of every kind. */
function typesOnly(): Uint8Array {
  const section = { name: ".BTF", bytes: sampleBtf().builder.build() };
  return writeElf({ byteOrder: "little", machine: bpfMachine, sections: [section], symbols: [] });
}

const kernel = parseBtf(sampleBtf().builder.build());

interface Findings {
  /** What must not happen, with the seed of the first input that made it happen. */
  readonly failures: ReadonlyMap<string, number>;
  readonly distinct: number;
}

/** Damages `inputs` files; those that got somewhere new are damaged further. */
function fuzz(kept: Uint8Array[]): Findings {
  const failures = new Map<string, number>();
  const reached = new Set<string>();
  const undamaged = kept.length;
  for (let input = seed; input < seed + inputs; input++) {
    const random = randomOf(input);
    const picking = { undamaged, random };
    const other = pick(kept, picking);
    const bytes = mutate(pick(kept, picking), other, random);
    keep("tried.o", bytes);
    const outcome = tryOne(bytes, other);
    for (const failure of outcome.failures) {
      if (failures.has(failure)) continue;
      failures.set(failure, input);
      keep(`${input}.o`, bytes);
    }
    if (reached.has(outcome.reached)) continue;
    reached.add(outcome.reached);
    if (kept.length < 2000) kept.push(bytes);
  }
  return { failures, distinct: reached.size };
}

function keep(name: string, bytes: Uint8Array): void {
  if (keptIn !== undefined) writeFileSync(join(keptIn, name), bytes);
}

/** Undamaged files are the first, and half of those that are picked. */
function pick(kept: readonly Uint8Array[], { undamaged, random }: Picking): Uint8Array {
  return kept[random(random(2) === 0 ? undamaged : kept.length)]!;
}

interface Picking {
  readonly undamaged: number;
  readonly random: Random;
}

function tryOne(bytes: Uint8Array, other: Uint8Array): ReturnType<typeof useObject> {
  const [start, before] = [process.cpuUsage(), memoryInUse()];
  const outcome = useObject(bytes, other, kernel);
  const { user, system } = process.cpuUsage(start);
  const failures = [...outcome.failures];
  if (user + system > 1000 * limitMs) failures.push("it takes longer than it may");
  if (memoryInUse() - before > limitBytes) failures.push("it takes more memory than it may");
  return { ...outcome, failures };
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}

describe("damaged object files", () => {
  it("are refused with the place, or used", (context) => {
    const { failures, distinct } = fuzz([...seeds()]);
    const said = [...failures].map(([failure, at]) => `input ${at}: ${failure}`);
    if (inputs > 1000) context.diagnostic(`${distinct} ways to fare`);
    assert.deepEqual(said, [], said.join("\n\n"));
  });
});
