/**
 * The parts of an object file that everything in it is read from.
 * @module
 */
import { MalformedError } from "../../base/errors.ts";
import { parseBtf, type Btf } from "../../btf/btf.ts";
import { parseBtfExt, type BtfExt } from "../../btf/ext/sections.ts";
import { bpfMachine, type ElfFile, type ElfSection, type ElfSymbol } from "../../elf/elf.ts";
import { readElf } from "../../elf/read.ts";
import { findSection, readSymbols } from "../../elf/tables.ts";
import { machineOrder } from "../../isa/slot.ts";

/** An object file taken apart. */
export interface ObjectParts {
  readonly file: ElfFile;
  readonly symbols: readonly ElfSymbol[];
  /** Left out by compilers without `-g`. */
  readonly btf: Btf | undefined;
  readonly ext: BtfExt;
}

const noRecords: BtfExt = { funcInfo: new Map(), lineInfo: new Map(), coreRelos: new Map() };

/**
 * The parts of the file in `bytes`.
 * @throws {MalformedError} when it is damaged, or no object file of BPF for this machine.
 */
export function objectParts(bytes: Uint8Array, path: string): ObjectParts {
  const file = readElf(bytes, path);
  if (file.machine !== bpfMachine || file.type !== "relocatable") {
    throw new MalformedError("ELF", "this is no object file of BPF", { path: [path], offset: 16 });
  }
  if (file.byteOrder !== machineOrder) {
    throw new MalformedError("ELF", `it is for machines with the ${file.byteOrder} byte first`, {
      path: [path],
      offset: 5,
      hint: "compile it for the byte order of this machine",
    });
  }
  const types = findSection(file, ".BTF");
  const records = findSection(file, ".BTF.ext");
  const btf = types && parseBtf(types.bytes, { path: `${path} › .BTF` });
  const ext = btf && records ? parseBtfExt(records.bytes, btf.strings) : noRecords;
  return { file, symbols: readSymbols(file), btf, ext };
}

/** The symbols in `section`, by their places. */
export function symbolsIn({ symbols }: ObjectParts, section: ElfSection): readonly ElfSymbol[] {
  return symbols
    .filter((symbol) => symbol.section === section.index && symbol.type !== "section")
    .toSorted((left, right) => Number(left.value - right.value));
}

/** Complains about something in `section`. */
export function complain(parts: ObjectParts, where: readonly string[], message: string): never {
  throw new MalformedError("OBJECT", message, { path: [parts.file.path, ...where] });
}
