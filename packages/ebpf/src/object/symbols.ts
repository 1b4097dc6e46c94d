/**
 * The symbols of an object file while it is written: what relocations and loaders find things by.
 * @module
 */
import type { NewSymbol } from "../elf/write.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";

/** What a symbol is of, to those who look for it. Names are those of the specs. */
export type SymbolOf = "map" | "variable" | "function" | "section" | "extern";

/** Symbols in the order they were added, found by what they are of. */
export class Symbols {
  readonly all: NewSymbol[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set<string>();

  /**
   * Adds a symbol under which `name` is found among those of its kind.
   * @throws {InvalidArgumentError} when another symbol that all can see has its name.
   */
  add(of: SymbolOf, name: string, symbol: NewSymbol): void {
    if (symbol.binding !== "local" && this.#taken.has(symbol.name)) {
      throw new InvalidArgumentError(`two things are called "${symbol.name}" in the object file`, {
        hint: "give each map, variable and program a name of its own, of letters, digits and _",
      });
    }
    if (symbol.binding !== "local") this.#taken.add(symbol.name);
    this.#numbers.set(`${of} ${name}`, this.all.push(symbol) - 1);
  }

  /** Number of the symbol; `undefined` when there is none. */
  find(of: SymbolOf, name: string): number | undefined {
    return this.#numbers.get(`${of} ${name}`);
  }

  /**
   * Number of the symbol.
   * @throws {InvalidArgumentError} when there is none; the message says who looked for it.
   */
  get(of: SymbolOf, name: string, lookedForBy: string): number {
    const number = this.find(of, name);
    if (number !== undefined) return number;
    const names = [...this.#numbers.keys()]
      .filter((key) => key.startsWith(`${of} `))
      .map((key) => key.slice(of.length + 1));
    throw new InvalidArgumentError(`${lookedForBy} uses ${of} "${name}", which is not there`, {
      hint: didYouMean(name, names) ?? `add the ${of} to what is written with the program`,
    });
  }
}
