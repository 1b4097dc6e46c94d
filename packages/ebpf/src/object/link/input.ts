/**
 * An object file that is to be linked, taken apart.
 * @module
 */
import { InvalidArgumentError, MalformedError } from "../../base/errors.ts";
import { type Btf, parseBtf } from "../../btf/btf.ts";
import { type BtfExt, parseBtfExt } from "../../btf/ext/sections.ts";
import { bpfMachine, type ElfFile, type ElfSection, type ElfSymbol } from "../../elf/elf.ts";
import { readElf } from "../../elf/read.ts";
import { findSection, readSymbols } from "../../elf/tables.ts";

/** An object file as it is given. */
export interface ObjectFile {
  /** What it is called in errors. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** An object file taken apart. */
export interface LinkInput {
  readonly path: string;
  readonly file: ElfFile;
  /** By their index in the file. */
  readonly symbols: readonly ElfSymbol[];
  readonly btf: Btf | undefined;
  readonly ext: BtfExt;
}

const noRecords: BtfExt = { funcInfo: new Map(), lineInfo: new Map(), coreRelos: new Map() };

/**
 * The files taken apart, in their order.
 * @throws {MalformedError} when one is damaged, or no object file of BPF.
 * @throws {InvalidArgumentError} when there are none, or they are for different byte orders.
 */
export function linkInputs(files: readonly ObjectFile[]): readonly LinkInput[] {
  const inputs = files.map(linkInput);
  const [first, ...others] = inputs;
  if (first === undefined) {
    throw new InvalidArgumentError("nothing is given to link", { hint: "give object files" });
  }
  const other = others.find(({ file }) => file.byteOrder !== first.file.byteOrder);
  if (other === undefined) return inputs;
  const orders = `${first.path} is ${first.file.byteOrder}-endian and ${other.path} ${other.file.byteOrder}-endian`;
  throw new InvalidArgumentError(`${orders}: they cannot become one object`, {
    hint: "compile both for the same machine: -target bpfel or -target bpfeb",
  });
}

function linkInput({ path, bytes }: ObjectFile): LinkInput {
  const file = readElf(bytes, path);
  if (file.machine !== bpfMachine || file.type !== "relocatable") {
    throw new MalformedError("ELF", "this is no object file of BPF", { path: [path], offset: 16 });
  }
  const types = findSection(file, ".BTF");
  const records = findSection(file, ".BTF.ext");
  const btf = types && parseBtf(types.bytes, { path: `${path} › .BTF` });
  const ext = btf && records ? parseBtfExt(records.bytes, btf.strings) : noRecords;
  return { path, file, symbols: readSymbols(file), btf, ext };
}

/** Whether a section becomes part of the result: what is loaded, but neither tables nor what debuggers read. */
export function isLinked({ type, name, flags }: ElfSection): boolean {
  if (type !== "progbits" && type !== "nobits") return false;
  if (/^(\.BTF|\.debug_|\.rel|\.eh_frame$)/.test(name)) return false;
  return flags.includes("alloc");
}
