/**
 * Labels for the functions of an object file: what calls name them by.
 * @module
 */
import type { ElfSection, ElfSymbol } from "../../elf/elf.ts";

/** Labels for functions: their names, but for those that several have. */
export class Labels {
  readonly #names = new Map<string, string>();

  /** For the functions that the symbols are of. */
  constructor(symbols: readonly ElfSymbol[]) {
    const byName = Map.groupBy(symbols, ({ name }) => name);
    for (const [name, [first, ...others]] of byName) {
      if (first !== undefined && others.length === 0 && isLabel.test(name)) {
        this.#names.set(placeKey(Number(first.section), Number(first.value)), name);
      }
    }
  }

  /** The label of the function at a place, the same for all who call it. */
  at(section: ElfSection, offset: number): string {
    const key = placeKey(section.index, offset);
    return this.#names.get(key) ?? `function_${key}`;
  }
}

/** What the notation of instructions takes for a label. */
const isLabel = /^[A-Za-z_.$][\w.$]*$/;

function placeKey(section: number, offset: number): string {
  return `${section}_${offset}`;
}
