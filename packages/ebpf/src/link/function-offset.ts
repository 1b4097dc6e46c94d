/**
 * Where in a file the code of a function lies.
 *
 * The symbol says at which address the function will be; its section says how addresses and places in the file go
 * together. Files without the symbols for linking still have those that others link against.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { ElfFile, ElfSymbol } from "../elf/elf.ts";
import { readElf } from "../elf/read.ts";
import { readSymbols } from "../elf/tables.ts";

/**
 * Bytes from the start of the file to the function `symbol`.
 * @throws {InvalidArgumentError} when there is no such function, with the name of one that may have been meant.
 * @throws {MalformedError} when `bytes` are no ELF file.
 */
export function functionOffset(bytes: Uint8Array, path: string, symbol: string): number {
  const file = readElf(bytes, path);
  for (const table of ["symtab", "dynsym"] as const) {
    const found = readSymbols(file, table).find((it) => it.name === symbol && isCode(it));
    if (found !== undefined) return placeInFile(file, found);
  }
  throw unknownFunction(file, symbol);
}

function isCode({ type, section }: ElfSymbol): boolean {
  return type === "function" && typeof section === "number";
}

function placeInFile(file: ElfFile, { value, section }: ElfSymbol): number {
  const { address, offset } = file.sections[section as number]!;
  return Number(value - address) + offset;
}

function unknownFunction(file: ElfFile, symbol: string): InvalidArgumentError {
  const symbols = [...readSymbols(file, "symtab"), ...readSymbols(file, "dynsym")];
  const names = symbols.filter(isCode).map(({ name }) => name);
  const hint =
    names.length === 0
      ? "it was stripped of its symbols: give an offset instead"
      : didYouMean(symbol, names);
  return new InvalidArgumentError(
    `${file.path} has no function "${symbol}"`,
    hint === undefined ? {} : { hint },
  );
}
