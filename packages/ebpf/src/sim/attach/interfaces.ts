/**
 * Network interfaces of the simulated kernel, by number.
 * @module
 */

/** The interfaces there are: `lo`, and those that were added. */
export class Interfaces {
  readonly #names = new Map<number, string>([[1, "lo"]]);

  /** Adds an interface: its number. One that is there keeps its number. */
  add(name: string): number {
    const known = this.indexOf(name);
    if (known !== undefined) return known;
    const index = Math.max(...this.#names.keys()) + 1;
    this.#names.set(index, name);
    return index;
  }

  remove(index: number): boolean {
    return this.#names.delete(index);
  }

  has(index: number): boolean {
    return this.#names.has(index);
  }

  indexOf(name: string): number | undefined {
    return [...this.#names].find(([, known]) => known === name)?.[0];
  }

  names(): readonly string[] {
    return [...this.#names.values()];
  }
}
