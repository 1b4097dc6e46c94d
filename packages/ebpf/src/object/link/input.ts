/**
 * An object file that is to be linked, taken apart.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Btf } from "../../btf/btf.ts";
import type { BtfExt } from "../../btf/ext/sections.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "../../elf/elf.ts";
import { objectParts } from "../read/parts.ts";

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
  const { file, symbols, btf, ext } = objectParts(bytes, path);
  return { path, file, symbols, btf, ext };
}

/** Whether a section becomes part of the result: what is loaded, but neither tables nor what debuggers read. */
export function isLinked({ type, name, flags }: ElfSection): boolean {
  if (type !== "progbits" && type !== "nobits") return false;
  if (/^(\.BTF|\.debug_|\.rel|\.eh_frame$)/.test(name)) return false;
  return flags.includes("alloc");
}
