/**
 * Tries: the longest prefix that matches (kernel/bpf/lpm_trie.c).
 *
 * A key is a number of bits in 4 bytes, then the bits, the highest of each byte first. Elements are found by the bytes of
 * their prefix, from the longest length there is to the shortest.
 * @module
 */
import { failed } from "../errno.ts";
import { indexOf } from "./indexed-store.ts";
import { KeyedStore, nameOf } from "./keyed-store.ts";
import type { StoreOptions, StoreSetup } from "./store.ts";

const lengthBytes = 4;

/** The elements of a trie. */
export class PrefixStore extends KeyedStore {
  readonly #keyBytes: number;
  readonly #mostBits: number;
  /** How many elements there are of each length of prefix. */
  readonly #lengths: Uint32Array;
  /** Keys as they were given, with the bits behind the prefix: so user space gets them back. */
  readonly #given = new Map<string, Uint8Array>();

  constructor(setup: StoreSetup) {
    super(setup, {});
    this.#keyBytes = setup.attributes.keySize;
    this.#mostBits = 8 * (this.#keyBytes - lengthBytes);
    this.#lengths = new Uint32Array(this.#mostBits + 1);
  }

  override find(key: Uint8Array): number {
    const given = indexOf(key);
    if (given > this.#mostBits) return failed.noEntry;
    for (let length = given; length >= 0; length--) {
      if (this.#lengths[length] === 0) continue;
      const found = super.find(prefixOf(key, length), "program");
      if (found >= 0) return found;
    }
    return failed.noEntry;
  }

  override update(key: Uint8Array, value: Uint8Array, options: StoreOptions): number {
    const length = indexOf(key);
    if (length > this.#mostBits) return failed.invalid;
    const prefix = prefixOf(key, length);
    const isNew = super.find(prefix, "user") < 0;
    const result = super.update(prefix, value, options);
    if (result === 0) this.#given.set(nameOf(prefix), key.slice());
    if (result === 0 && isNew) this.#lengths[length]! += 1;
    return result === failed.tooBig ? failed.noSpace : result;
  }

  override delete(key: Uint8Array): number {
    const length = indexOf(key);
    if (length > this.#mostBits) return failed.invalid;
    const prefix = prefixOf(key, length);
    const result = super.delete(prefix);
    if (result < 0) return result;
    this.#lengths[length]! -= 1;
    this.#given.delete(nameOf(prefix));
    return 0;
  }

  override take(): number {
    return failed.notSupported;
  }

  /** As they were given. */
  override *keys(keyBytes: number): Generator<Uint8Array<ArrayBuffer>, void> {
    for (const prefix of super.keys(keyBytes))
      yield new Uint8Array(this.#given.get(nameOf(prefix))!);
  }

  override next(key: Uint8Array | undefined, next: Uint8Array): number {
    const isKey = key !== undefined && indexOf(key) <= this.#mostBits;
    const result = super.next(isKey ? prefixOf(key, indexOf(key)) : undefined, next);
    if (result === 0) next.set(this.#given.get(nameOf(next.subarray(0, this.#keyBytes)))!);
    return result;
  }
}

/** The first `length` bits of a key, as a key of its own. */
function prefixOf(key: Uint8Array, length: number): Uint8Array {
  const prefix = new Uint8Array(key.length);
  new DataView(prefix.buffer).setUint32(0, length, true);
  const whole = lengthBytes + (length >> 3);
  prefix.set(key.subarray(lengthBytes, whole), lengthBytes);
  if ((length & 7) !== 0) prefix[whole] = key[whole]! & ~(0xff >> (length & 7));
  return prefix;
}
