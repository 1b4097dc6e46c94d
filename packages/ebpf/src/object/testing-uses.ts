/**
 * Everything that is done with an object file, for tests that hand in damaged ones.
 *
 * Each use is tried on its own, with what the ones before it made of the bytes, so that one refusal does not hide what comes
 * behind it. Which place of the code refused is told: a place that was not reached before is worth a closer look.
 * @module
 */
import { assert } from "../base/assert.ts";
import { BpfError, MalformedError } from "../base/errors.ts";
import { type Btf, parseBtf } from "../btf/btf.ts";
import { parseBtfExt } from "../btf/ext/sections.ts";
import { printC } from "../btf/print/c.ts";
import { printJson } from "../btf/print/json.ts";
import { printRaw } from "../btf/print/raw.ts";
import { printTypeScript } from "../btf/print/typescript.ts";
import { ContextArguments } from "../btf/write/context-arguments.ts";
import { mergeBtf } from "../btf/write/merge.ts";
import { rebaseBtf } from "../btf/write/rebase.ts";
import { sanitizeBtf, type BtfSupport } from "../btf/write/sanitize.ts";
import { encodeBtf } from "../btf/write/writer.ts";
import type { ElfFile } from "../elf/elf.ts";
import { readElf } from "../elf/read.ts";
import { readSymbolVersions } from "../elf/symbol-version.ts";
import { findSection, readRelocations, readSymbols } from "../elf/tables.ts";
import { readUsdtProbes } from "../elf/usdt.ts";
import { relocateProgram } from "../relocate/core.ts";
import { fileTables } from "../relocate/file-tables.ts";
import { minimizeBtf } from "../relocate/minimize.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { sectionMaps } from "../spec/section-maps.ts";
import { linkObjects } from "./link/link-objects.ts";
import { readObject, type ObjectSpec } from "./read/read-object.ts";
import { printObjectTypes } from "./types/print-object-types.ts";
import { writeObject } from "./write.ts";

/** An error, as a class. */
type ErrorClass = abstract new (...rest: never[]) => Error;

/** What became of some bytes. */
export interface Outcome {
  /** For each use the places of the code that refused it; the same for bytes that fare alike. */
  readonly reached: string;
  /** What no refusal is: an error of another class, or one that does not say where. */
  readonly failures: readonly string[];
}

/** Uses `bytes` in every way; `other` is an object file to link them with, and `kernel` what relocations are done for. */
export function useObject(bytes: Uint8Array, other: Uint8Array, kernel: Btf): Outcome {
  const uses = new Uses();
  const file = uses.try(MalformedError, () => readElf(bytes));
  if (file === undefined) return uses.outcome;
  uses.try(MalformedError, () => readSymbols(file));
  uses.try(MalformedError, () => file.sections.map((section) => readRelocations(file, section)));
  uses.try(MalformedError, () => readUsdtProbes(file));
  uses.try(MalformedError, () => readSymbolVersions(file));
  const types = useTypes(uses, file, kernel);
  const spec = uses.try(MalformedError, () => readObject(bytes));
  const files = [bytes, other].map((each, at) => ({ path: `${at}.o`, bytes: each }));
  const linked = uses.try(BpfError, () => linkObjects(files));
  if (linked !== undefined) uses.try(BpfError, () => readObject(linked));
  if (spec !== undefined) useSpec(uses, spec, types === undefined ? [kernel] : [kernel, types]);
  return uses.outcome;
}

function useTypes(uses: Uses, file: ElfFile, kernel: Btf): Btf | undefined {
  const bytes = findSection(file, ".BTF")?.bytes;
  if (bytes === undefined) return undefined;
  const btf = uses.try(MalformedError, () => parseBtf(bytes));
  if (btf === undefined) return undefined;
  uses.try(MalformedError, () => [...btf.types()]);
  for (const print of [printC, printTypeScript, printRaw, printJson]) {
    uses.try(MalformedError, () => print(btf));
  }
  uses.try(MalformedError, () => readAgain(encodeBtf(mergeBtf([btf]).types)));
  uses.try(MalformedError, () => readAgain(sanitizeBtf(btf, nothing).encode()));
  const records = findSection(file, ".BTF.ext")?.bytes;
  if (records !== undefined) uses.try(MalformedError, () => parseBtfExt(records, btf.strings));
  useSplit(uses, bytes, [kernel, btf]);
  return btf;
}

/** The same bytes as those of a module: its types go on from others, and are moved onto others again. */
function useSplit(uses: Uses, bytes: Uint8Array, bases: readonly Btf[]): void {
  for (const base of bases) {
    const split = uses.try(MalformedError, () => parseBtf(bytes, { base }));
    if (split === undefined) continue;
    for (const print of [printC, printRaw]) uses.try(MalformedError, () => print(split));
    for (const other of bases) uses.try(BpfError, () => [...rebaseBtf(split, other).types()]);
  }
}

/** A kernel that knows the kinds of the first BTF and no others. */
const nothing: BtfSupport = {
  func: false,
  datasec: false,
  globalFunc: false,
  float: false,
  declTag: false,
  typeTag: false,
  enum64: false,
  optionalSection: false,
};

/** What is written of what was read can be read. */
function readAgain(bytes: Uint8Array): void {
  const btf = parseBtf(bytes);
  const read = [...btf.types()].length;
  assert(read === btf.typeCount, `${read} types are read of ${btf.typeCount} that were written`);
}

function useSpec(uses: Uses, spec: ObjectSpec, targets: readonly Btf[]): void {
  uses.try(BpfError, () => readObject(writeObject(spec)));
  uses.try(BpfError, () => printObjectTypes(spec, { name: "Sample", file: "sample.o" }));
  const parts = Object.values(spec);
  uses.try(BpfError, () => sectionMaps(parts.filter((part) => part.kind === "map")));
  const programs = parts.filter((part) => part.kind === "program");
  for (const target of targets) {
    const sites = programs.flatMap(({ relocations = [] }) => relocations);
    uses.try(BpfError, () => readAgain(minimizeBtf(target, sites)));
    for (const program of programs) useProgram(uses, program, target);
  }
}

function useProgram(uses: Uses, program: ProgramSpec, target: Btf): void {
  const { fileTypes } = program;
  const relocated = uses.try(BpfError, () => relocateProgram(program, { target }));
  if (relocated === undefined || fileTypes === undefined) return;
  uses.try(BpfError, () => {
    const writer = fileTypes.writer();
    const contexts = new ContextArguments(writer);
    // As for kernels that are told more.
    const functionType = contexts.typeIn.bind(contexts);
    fileTables(relocated, { strings: writer.strings, functionType });
    readAgain(writer.encode());
  });
}

/** Tries uses one after the other. */
class Uses {
  readonly #reached: string[] = [];
  readonly #failures: string[] = [];

  /** What `use` returns; `undefined` when it refused with an error of class `expected` that says where. */
  try<T>(expected: ErrorClass, use: () => T): T | undefined {
    try {
      const result = use();
      this.#reached.push("used");
      return result;
    } catch (error) {
      const frames = framesOf(error as Error);
      this.#reached.push(frames.slice(0, 4).join());
      const { message } = error as Error;
      const told = [message.replaceAll(/\d+/g, "N").slice(0, 200), ...frames.slice(0, 3)].join(
        "\n",
      );
      if (!(error instanceof expected) || isNowhere(error)) this.#failures.push(told);
      return undefined;
    }
  }

  get outcome(): Outcome {
    return {
      reached: this.#reached.join(),
      failures: this.#failures,
    };
  }
}

/** Whether an error says that bytes are damaged, and not in what and where. */
function isNowhere(error: Error): boolean {
  return error instanceof MalformedError && (error.path.length === 0 || error.offset === undefined);
}

/** Where `error` comes from, the innermost place first. */
function framesOf(error: Error): readonly string[] {
  return (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
}
