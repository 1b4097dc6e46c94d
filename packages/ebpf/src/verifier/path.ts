/**
 * The way the verifier took to where it is.
 *
 * It walks one path to its end and then goes back to a branch it had put aside; the path then ends at that branch and
 * goes on from there. Where each instruction stands in the path is kept, so that going back costs what is dropped.
 * @module
 */

/** Instructions on the way, which can be shortened to an earlier one of them. */
export class Path {
  readonly #slots: number[] = [];
  /** Of each slot, where it stands in the path, in order. */
  readonly #places = new Map<number, number[]>();

  /** Slots of the instructions in order. */
  get slots(): readonly number[] {
    return this.#slots;
  }

  /** The last of them. */
  get last(): number | undefined {
    return this.#slots.at(-1);
  }

  add(slot: number): void {
    const places = this.#places.get(slot);
    if (places === undefined) this.#places.set(slot, [this.#slots.length]);
    else places.push(this.#slots.length);
    this.#slots.push(slot);
  }

  /** Drops what comes behind the last time the path was at `slot`; nothing when it never was. */
  returnTo(slot: number): void {
    const place = this.#places.get(slot)?.at(-1);
    if (place === undefined) return;
    while (this.#slots.length > place + 1) this.#places.get(this.#slots.pop()!)!.pop();
  }

  clear(): void {
    this.#slots.length = 0;
    this.#places.clear();
  }
}
