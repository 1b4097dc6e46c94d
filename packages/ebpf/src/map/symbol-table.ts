/**
 * Symbols by address: which function an address is in.
 *
 * A table is sorted once and searched by halves. A symbol reaches to the next one, or as far as its size says where that is
 * known.
 * @module
 */

/** A symbol, before it is in a table. */
export interface SymbolEntry {
  readonly address: bigint;
  readonly name: string;
  /** Bytes; 0 where it is not known. */
  readonly size: number;
  /** Module of the kernel, or file, that it is in. */
  readonly origin?: string | undefined;
}

/** The symbol an address is in. */
export interface FoundSymbol {
  readonly name: string;
  /** Bytes from the start of the symbol. */
  readonly offset: number;
  /** Module of the kernel, or file, that it is in. */
  readonly origin: string | undefined;
}

/** Symbols that can be found by address. */
export class SymbolTable {
  readonly #entries: readonly SymbolEntry[];

  constructor(entries: Iterable<SymbolEntry>) {
    this.#entries = [...entries].toSorted(byAddress);
  }

  /** Number of symbols. */
  get length(): number {
    return this.#entries.length;
  }

  /** The symbol that `address` is in; `undefined` when it is in none. */
  find(address: bigint): FoundSymbol | undefined {
    const entry = this.#entries[this.#lastUpTo(address)];
    if (entry === undefined) return undefined;
    const offset = Number(address - entry.address);
    if (entry.size > 0 && offset >= entry.size) return undefined;
    return { name: entry.name, offset, origin: entry.origin };
  }

  /** Index of the last symbol that does not start behind `address`; -1 when all do. */
  #lastUpTo(address: bigint): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function byAddress(left: SymbolEntry, right: SymbolEntry): number {
  return left.address < right.address ? -1 : left.address > right.address ? 1 : 0;
}
