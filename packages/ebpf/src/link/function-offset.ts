/**
 * Where in a file the code of its functions lies.
 *
 * The symbol says at which address the function will be; its section says how addresses and places in the file go
 * together. Files without the symbols for linking still have those that others link against. Of several functions of one
 * name the one that others see is meant, and of several versions the one that is linked against today.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { ElfFile, ElfSymbol } from "../elf/elf.ts";
import { readElf } from "../elf/read.ts";
import { readSymbolVersions } from "../elf/symbol-version.ts";
import { findSymbols, type FoundSymbol, readSymbols } from "../elf/tables.ts";
import { globExpression } from "./glob.ts";

/** A function of a file. */
interface FileFunction {
  readonly name: string;
  readonly version: string | undefined;
  /** Whether it is the version that is linked against today; what has no versions is. */
  readonly isDefault: boolean;
  /** 0 for what others see first, 1 for what they may replace, 2 for what is the file's own. */
  readonly rank: number;
  readonly offset: number;
}

/** The functions of one file. */
export class FileFunctions {
  readonly #file: ElfFile;
  /** All of them, read when they are asked for. */
  #all: readonly FileFunction[] | undefined;

  /** @throws {MalformedError} when `bytes` are no ELF file. */
  constructor(bytes: Uint8Array, path: string) {
    this.#file = readElf(bytes, path);
  }

  /**
   * Bytes from the start of the file to a function: `name`, or `name@VERSION`.
   * @throws {InvalidArgumentError} when there is no such function, with the name of one that may have been meant, or
   * several that nothing tells apart.
   */
  offsetOf(symbol: string): number {
    const [name = "", version] = symbol.split(/@@?/);
    for (const table of tables) {
      const called = functionsOf(this.#file, table, findSymbols(this.#file, table, name));
      const found = called.filter((it) => version === undefined || it.version === version);
      if (found.length > 0) return this.#only(symbol, found).offset;
    }
    throw this.#unknown(name, version);
  }

  /**
   * The same for all functions whose names fit a pattern with `*` and `?`, each place once, in the order of the places.
   * @throws {InvalidArgumentError} when there are none.
   */
  matching(pattern: string): readonly number[] {
    const expression = globExpression(pattern);
    const found = this.#functions().filter(({ name }) => expression.test(name));
    if (found.length > 0) {
      return [...new Set(found.map(({ offset }) => offset))].toSorted(
        (left, right) => left - right,
      );
    }
    throw new InvalidArgumentError(`${this.#file.path} has no function that fits "${pattern}"`, {
      hint:
        this.#names().size === 0 ? stripped : "patterns know * and ?, and are about whole names",
    });
  }

  #only(symbol: string, found: readonly FileFunction[]): FileFunction {
    const current = found.filter(({ isDefault }) => isDefault);
    const eligible = current.length > 0 ? current : found;
    const best = Math.min(...eligible.map(({ rank }) => rank));
    const seen = eligible.filter(({ rank }) => rank === best);
    const places = new Set(seen.map(({ offset }) => offset));
    if (places.size === 1) return seen[0]!;
    const versions = seen.flatMap(({ version }) => version ?? []);
    const hint =
      versions.length > 0
        ? `say which version: ${versions.map((it) => `${symbol}@${it}`).join(", ")}`
        : `give an offset: ${[...places].map((it) => `0x${it.toString(16)}`).join(", ")}`;
    throw new InvalidArgumentError(`${this.#file.path} has ${places.size} functions "${symbol}"`, {
      hint,
    });
  }

  #unknown(name: string, version: string | undefined): InvalidArgumentError {
    const versions = this.#functions().flatMap((it) =>
      it.name === name && it.version !== undefined ? [it.version] : [],
    );
    const what = version === undefined ? `"${name}"` : `"${name}" of version ${version}`;
    const hint = versions.length > 0 ? `there is ${versions.join(", ")}` : this.#nameHint(name);
    return new InvalidArgumentError(
      `${this.#file.path} has no function ${what}`,
      hint === undefined ? {} : { hint },
    );
  }

  #nameHint(name: string): string | undefined {
    const symbols = readSymbols(this.#file, "dynsym");
    if (symbols.some((symbol) => symbol.name === name && symbol.type === "gnu-ifunc")) {
      return "the file chooses among several of it when it is loaded: probe one of those";
    }
    const names = this.#names();
    return names.size === 0 ? stripped : didYouMean(name, names);
  }

  #names(): ReadonlySet<string> {
    return new Set(this.#functions().map(({ name }) => name));
  }

  #functions(): readonly FileFunction[] {
    this.#all ??= tables.flatMap((table) => {
      const symbols = readSymbols(this.#file, table);
      const found = symbols.map((symbol, index) => ({ index, symbol }));
      return functionsOf(this.#file, table, found);
    });
    return this.#all;
  }
}

const stripped = "it was stripped of its symbols: give an offset instead";

/** Symbols for linking come first: they have what is the file's own. */
const tables = ["symtab", "dynsym"] as const;

function functionsOf(
  file: ElfFile,
  table: "symtab" | "dynsym",
  symbols: readonly FoundSymbol[],
): readonly FileFunction[] {
  if (symbols.length === 0) return [];
  return table === "symtab" ? linkedFunctions(file, symbols) : runFunctions(file, symbols);
}

/** Functions from the symbols for linking, whose versions are part of their names: `f@VERSION`, `f@@VERSION`. */
function linkedFunctions(file: ElfFile, symbols: readonly FoundSymbol[]): readonly FileFunction[] {
  return symbols.flatMap(({ symbol }) => {
    const [name = "", version] = symbol.name.split(/@@?/);
    const isDefault = version === undefined || symbol.name.includes("@@");
    return fileFunction(file, symbol, { name, version, isDefault });
  });
}

/** Functions from the symbols for running, whose versions are in a table of their own. */
function runFunctions(file: ElfFile, symbols: readonly FoundSymbol[]): readonly FileFunction[] {
  const versions = readSymbolVersions(file);
  return symbols.flatMap(({ index, symbol }) => {
    const version = versions.get(index);
    const isDefault = version?.isDefault ?? true;
    return fileFunction(file, symbol, { name: symbol.name, version: version?.name, isDefault });
  });
}

function fileFunction(
  file: ElfFile,
  { type, section, value, binding }: ElfSymbol,
  known: Pick<FileFunction, "name" | "version" | "isDefault">,
): readonly FileFunction[] {
  if (type !== "function" || typeof section !== "number") return [];
  const place = file.sections[section];
  if (place === undefined || place.type === "nobits") return [];
  // In files that are not linked yet sections have address 0, and symbols count from there.
  const offset = Number(value - place.address) + place.offset;
  return [{ ...known, rank: ranks[binding] ?? ownRank, offset }];
}

const ranks: Readonly<Record<string, number>> = { global: 0, weak: 1 };
const ownRank = 2;
