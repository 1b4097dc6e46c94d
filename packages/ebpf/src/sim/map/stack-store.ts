/**
 * Stacks by number (kernel/bpf/stackmap.c): equal stacks have one number.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import { indexOf } from "./indexed-store.ts";
import { MapStore, type StoreSetup } from "./store.ts";

/** The stacks of one map. */
export class StackStore extends MapStore {
  readonly #limit: number;
  readonly #valueSize: number;
  readonly #stacks = new Map<number, Uint8Array>();

  constructor({ attributes }: StoreSetup) {
    super();
    this.#limit = attributes.maxEntries;
    this.#valueSize = attributes.valueSize;
  }

  /** The number of a stack, which is put in when it is new; -EEXIST when there is no room. */
  idOf(stack: readonly bigint[]): number {
    const bytes = new Uint8Array(this.#valueSize);
    for (const [index, address] of stack.slice(0, this.#valueSize / 8).entries())
      viewOf(bytes).setBigUint64(8 * index, address, true);
    const name = bytes.join();
    for (const [id, known] of this.#stacks) if (known.join() === name) return id;
    for (let id = 0; id < this.#limit; id++) {
      if (this.#stacks.has(id)) continue;
      this.#stacks.set(id, bytes);
      return id;
    }
    return failed.exists;
  }

  override lookup(key: Uint8Array, value: Uint8Array): number {
    const stack = this.#stacks.get(indexOf(key));
    if (stack === undefined) return failed.noEntry;
    value.set(stack);
    return 0;
  }

  override take(key: Uint8Array, value: Uint8Array): number {
    const result = this.lookup(key, value);
    return result < 0 ? result : this.delete(key);
  }

  find(): number {
    return failed.operationNotSupported;
  }

  update(): number {
    return failed.invalid;
  }

  delete(key: Uint8Array): number {
    const id = indexOf(key);
    if (id >= this.#limit) return failed.tooBig;
    return this.#stacks.delete(id) ? 0 : failed.noEntry;
  }

  next(key: Uint8Array | undefined, next: Uint8Array): number {
    const start = key === undefined ? -1 : indexOf(key);
    const from = key !== undefined && this.#stacks.has(start) ? start : -1;
    const following = [...this.#stacks.keys()]
      .filter((id) => id > from)
      .toSorted((a, b) => a - b)[0];
    if (following === undefined) return failed.noEntry;
    viewOf(next).setUint32(0, following, true);
    return 0;
  }
}
