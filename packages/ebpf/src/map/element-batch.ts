/**
 * A batch of elements: raw keys and values one behind the other, decoded where they are looked at.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import type { Layout } from "../layout/layout.ts";

/** Elements of one batch. Valid until the next batch is asked for: the memory is used again. */
export class ElementBatch<Key, Value> implements Iterable<[Key, Value]> {
  /** Keys of `keyLayout.size` bytes each. */
  readonly keys: Uint8Array;
  /** Values of `valueLayout.size` bytes each. */
  readonly values: Uint8Array;
  readonly keyLayout: Layout<Key>;
  readonly valueLayout: Layout<Value>;
  readonly #keyView: DataView;
  readonly #valueView: DataView;
  #length = 0;

  constructor(keyLayout: Layout<Key>, valueLayout: Layout<Value>, capacity: number) {
    this.keyLayout = keyLayout;
    this.valueLayout = valueLayout;
    this.keys = new Uint8Array(capacity * keyLayout.size);
    this.values = new Uint8Array(capacity * valueLayout.size);
    this.#keyView = viewOf(this.keys);
    this.#valueView = viewOf(this.values);
  }

  /** Number of elements. */
  get length(): number {
    return this.#length;
  }

  /** Number of elements there is room for. */
  get capacity(): number {
    return this.keys.length / this.keyLayout.size;
  }

  /** Key of element `index`. */
  key(index: number): Key {
    return this.keyLayout.read(this.#keyView, index * this.keyLayout.size);
  }

  /** Value of element `index`. */
  value(index: number): Value {
    return this.valueLayout.read(this.#valueView, index * this.valueLayout.size);
  }

  *[Symbol.iterator](): Generator<[Key, Value], void> {
    for (let index = 0; index < this.#length; index++) yield [this.key(index), this.value(index)];
  }

  /** Says how many elements the memory holds now. */
  fill(length: number): this {
    this.#length = length;
    return this;
  }

  /** Leaves out the elements whose raw key `wanted` does not want. */
  keep(wanted: (key: Uint8Array) => boolean): void {
    const { size } = this.keyLayout;
    const length = this.#length;
    this.#length = 0;
    for (let index = 0; index < length; index++) {
      if (wanted(this.keys.subarray(index * size, (index + 1) * size))) this.#move(index);
    }
  }

  /** Makes the element at `index` the one behind the last. */
  #move(index: number): void {
    const { keyLayout, valueLayout } = this;
    const to = this.#length++;
    if (to === index) return;
    this.keys.copyWithin(to * keyLayout.size, index * keyLayout.size, (index + 1) * keyLayout.size);
    this.values.copyWithin(
      to * valueLayout.size,
      index * valueLayout.size,
      (index + 1) * valueLayout.size,
    );
  }

  /** Appends an element. */
  add(key: Key, value: Value): void {
    this.valueLayout.write(this.#valueView, this.#length * this.valueLayout.size, value);
    this.addKey(key);
  }

  /** Appends a key, for batches that delete. */
  addKey(key: Key): void {
    this.keyLayout.write(this.#keyView, this.#length * this.keyLayout.size, key);
    this.#length += 1;
  }

  /** Appends an element of raw bytes. */
  addBytes(key: Uint8Array, value: Uint8Array): void {
    this.keys.set(key, this.#length * this.keyLayout.size);
    this.values.set(value, this.#length * this.valueLayout.size);
    this.#length += 1;
  }
}
