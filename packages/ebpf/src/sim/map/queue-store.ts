/**
 * Queues and stacks (kernel/bpf/queue_stack_maps.c), and Bloom filters (kernel/bpf/bloom_filter.c): maps without keys.
 * @module
 */
import { failed } from "../errno.ts";
import { MapStore, type StoreOptions, type StoreSetup } from "./store.ts";

/** Values in the order they came. */
export class QueueStore extends MapStore {
  readonly #limit: number;
  readonly #end: "oldest" | "newest";
  readonly #queued: Uint8Array[] = [];

  constructor({ attributes }: StoreSetup, end: "oldest" | "newest") {
    super();
    this.#limit = attributes.maxEntries;
    this.#end = end;
  }

  find(): number {
    return failed.notSupported;
  }

  update(_key: Uint8Array, value: Uint8Array, { mode }: StoreOptions): number {
    if (mode === "noexist") return failed.invalid;
    if (this.#queued.length === this.#limit) {
      if (mode !== "exist") return failed.tooBig;
      this.#queued.shift();
    }
    this.#queued.push(value.slice());
    return 0;
  }

  delete(): number {
    return failed.invalid;
  }

  next(): number {
    return failed.invalid;
  }

  /** Copies the next value, which stays. */
  override lookup(_key: Uint8Array, value: Uint8Array): number {
    const next = this.#end === "oldest" ? this.#queued[0] : this.#queued.at(-1);
    if (next === undefined) {
      value.fill(0);
      return failed.noEntry;
    }
    value.set(next);
    return 0;
  }

  override take(key: Uint8Array, value: Uint8Array): number {
    const result = this.lookup(key, value);
    if (result === 0) this.#queued[this.#end === "oldest" ? "shift" : "pop"]();
    return result;
  }
}

const usualHashes = 5;

/** Whether values have perhaps been added. */
export class BloomStore extends MapStore {
  readonly #bits: Uint8Array;
  readonly #mask: number;
  readonly #hashes: number;

  constructor({ attributes }: StoreSetup) {
    super();
    const given = Number((attributes.mapExtra ?? 0n) & 15n);
    this.#hashes = given === 0 ? usualHashes : given;
    // The kernel's size: entries * hashes / ln 2, to the next power of two.
    const wanted = (attributes.maxEntries * this.#hashes * 7) / 5;
    const bits = Math.max(64, 2 ** Math.ceil(Math.log2(wanted)));
    this.#mask = bits - 1;
    this.#bits = new Uint8Array(bits / 8);
  }

  find(): number {
    return failed.notSupported;
  }

  update(_key: Uint8Array, value: Uint8Array, { mode }: StoreOptions): number {
    if (mode !== "any") return failed.invalid;
    for (let turn = 0; turn < this.#hashes; turn++) {
      const bit = hashOf(value, turn) & this.#mask;
      this.#bits[bit >> 3]! |= 1 << (bit & 7);
    }
    return 0;
  }

  /** Whether `value` may be there. */
  override lookup(_key: Uint8Array, value: Uint8Array): number {
    for (let turn = 0; turn < this.#hashes; turn++) {
      const bit = hashOf(value, turn) & this.#mask;
      if ((this.#bits[bit >> 3]! & (1 << (bit & 7))) === 0) return failed.noEntry;
    }
    return 0;
  }

  delete(): number {
    return failed.operationNotSupported;
  }

  next(): number {
    return failed.operationNotSupported;
  }

  override take(): number {
    return failed.operationNotSupported;
  }
}

/** FNV-1a with another start for each turn, mixed at the end. */
function hashOf(bytes: Uint8Array, turn: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(turn, 0x9e3779b1);
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
