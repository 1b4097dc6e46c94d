import assert from "node:assert/strict";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BpfError, MalformedError } from "../base/errors.ts";
import { type Btf, parseBtf } from "../btf/btf.ts";
import { parseBtfExt } from "../btf/ext/sections.ts";
import { printC } from "../btf/print/c.ts";
import { printTypeScript } from "../btf/print/typescript.ts";
import { sampleBtf } from "../btf/testing-sample.ts";
import { mergeBtf } from "../btf/write/merge.ts";
import { encodeBtf } from "../btf/write/writer.ts";
import { bpfMachine, type ElfFile } from "../elf/elf.ts";
import { readElf } from "../elf/read.ts";
import { findSection, readRelocations, readSymbols } from "../elf/tables.ts";
import { writeElf } from "../elf/write.ts";
import { readObject } from "./read/read-object.ts";
import { mutate, type Random, randomOf } from "./testing-mutation.ts";
import { sampleCollection } from "./testing-sample.ts";
import { writeObject } from "./write.ts";

const environment = process.env;
const inputs = Number(environment["EBPF_FUZZ_INPUTS"] ?? 1000);
const seed = Number(environment["EBPF_FUZZ_SEED"] ?? 1);
const limitMs = 2000;

/** What is damaged: files of ours, and small real ones of a folder when it is given. */
function seeds(): readonly Uint8Array[] {
  const folder = environment["EBPF_FUZZ_OBJECTS"];
  const files = folder === undefined ? [] : globSync("**/*.{o,elf}", { cwd: folder }).toSorted();
  const small = files
    .map((file) => join(folder!, file))
    .filter((file) => statSync(file).size < 20_000);
  return [
    writeObject(sampleCollection),
    typesOnly(),
    ...small.slice(0, 200).map((file) => readFileSync(file)),
  ];
}

/** An object with a type of every kind. */
function typesOnly(): Uint8Array {
  const section = { name: ".BTF", bytes: sampleBtf().builder.build() };
  return writeElf({ byteOrder: "little", machine: bpfMachine, sections: [section], symbols: [] });
}

/** Reads all of `bytes` in every way; returns how far each got. */
function readAll(bytes: Uint8Array): string {
  const got: string[] = [];
  const file = attempt(got, MalformedError, () => readElf(bytes));
  if (file === undefined) return got.join();
  attempt(got, MalformedError, () => readSymbols(file));
  attempt(got, MalformedError, () =>
    file.sections.map((section) => readRelocations(file, section)),
  );
  readTypes(file, got);
  const spec = attempt(got, BpfError, () => readObject(bytes));
  if (spec !== undefined) attempt(got, BpfError, () => writeObject(spec));
  return got.join();
}

function readTypes(file: ElfFile, got: string[]): void {
  const bytes = findSection(file, ".BTF")?.bytes;
  if (bytes === undefined) return;
  const btf = attempt(got, MalformedError, () => parseBtf(bytes));
  if (btf === undefined) return;
  attempt(got, MalformedError, () => [...btf.types()]);
  attempt(got, MalformedError, () => printC(btf));
  attempt(got, MalformedError, () => printTypeScript(btf));
  attempt(got, MalformedError, () => written(btf));
  const records = findSection(file, ".BTF.ext")?.bytes;
  if (records !== undefined) attempt(got, MalformedError, () => parseBtfExt(records, btf.strings));
}

/** What is written of what was read can be read. */
function written(btf: Btf): void {
  const bytes = encodeBtf(mergeBtf([btf]).types);
  assert.equal(parseBtf(bytes).typeCount, [...parseBtf(bytes).types()].length);
}

/** What `run` returns. It may throw an error of class `expected` that says where; which one, goes to `got`. */
function attempt<T>(
  got: string[],
  expected: abstract new (...rest: never[]) => Error,
  run: () => T,
): T | undefined {
  try {
    const result = run();
    got.push("read");
    return result;
  } catch (error) {
    if (!(error instanceof expected)) throw error;
    if (error instanceof MalformedError)
      assert.ok(error.path.length > 0 || error.offset !== undefined, error);
    // A place in the code that was not reached before is worth a closer look.
    got.push(framesOf(error).slice(0, 4).join());
    return undefined;
  }
}

/** Where `error` comes from, the innermost place first. */
function framesOf(error: Error): readonly string[] {
  return (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
}

/** Damages `inputs` files; those that got somewhere new are damaged further. */
function fuzz(kept: Uint8Array[]): ReadonlyMap<string, number> {
  const failures = new Map<string, number>();
  const reached = new Set<string>();
  const undamaged = kept.length;
  for (let input = 0; input < inputs; input++) {
    const random = randomOf(seed + input);
    const picking = { undamaged, random };
    const bytes = mutate(pick(kept, picking), pick(kept, picking), random);
    const outcome = tryOne(bytes);
    if (outcome.failure !== undefined && !failures.has(outcome.failure))
      failures.set(outcome.failure, seed + input);
    if (outcome.reached === undefined || reached.has(outcome.reached)) continue;
    reached.add(outcome.reached);
    if (kept.length < 2000) kept.push(bytes);
  }
  return failures;
}

/** Undamaged files are the first, and half of those that are picked. */
function pick(kept: readonly Uint8Array[], { undamaged, random }: Picking): Uint8Array {
  return kept[random(random(2) === 0 ? undamaged : kept.length)]!;
}

interface Picking {
  readonly undamaged: number;
  readonly random: Random;
}

function tryOne(bytes: Uint8Array): { readonly failure?: string; readonly reached?: string } {
  const start = performance.now();
  try {
    const reached = readAll(bytes);
    const tookMs = performance.now() - start;
    return tookMs > limitMs ? { failure: "it takes longer than it may" } : { reached };
  } catch (error) {
    const { message, stack = "" } = error as Error;
    const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
    return {
      failure: [message.replaceAll(/\d+/g, "N").slice(0, 200), ...frames.slice(0, 3)].join("\n"),
    };
  }
}

describe("damaged object files", () => {
  it("are refused with the place, or read", () => {
    const failures = fuzz([...seeds()]);
    const said = [...failures].map(([failure, at]) => `input ${at}: ${failure}`);
    assert.deepEqual(said, [], said.join("\n\n"));
  });
});
