/**
 * Hash maps, those that drop the element not used for longest among them (kernel/bpf/hashtab.c).
 *
 * A replaced value gets another place, so that a program that holds the old one does not see it change; values of per-CPU
 * maps are changed where they are. Keys come in the order they were added; one that is gone starts the walk over.
 * @module
 */
import { failed } from "../errno.ts";
import { MapStore, putValue, type StoreOptions, type StoreSetup, Values } from "./store.ts";

/** An element: where it is among the others, and where its value is. */
interface Element {
  readonly key: Uint8Array;
  readonly name: string;
  slot: number;
  before: Element | undefined;
  behind: Element | undefined;
  /** Grows with each element: where a batch goes on. */
  readonly turn: number;
}

const firstCapacity = 16;

/** How kinds of hash maps differ. */
export interface KeyedTraits {
  readonly perCpu?: boolean;
  /** Drops an element where there is no room. */
  readonly evicts?: boolean;
}

/** The elements of a hash map. */
export class KeyedStore extends MapStore {
  declare readonly values: Values;
  readonly #limit: number;
  readonly #traits: KeyedTraits;
  readonly #elements = new Map<string, Element>();
  /** The one not used for longest first. */
  readonly #used = new Set<Element>();
  readonly #freeSlots: number[] = [];
  #slots = 0;
  #turns = 0;
  #first: Element | undefined;
  #last: Element | undefined;

  constructor(setup: StoreSetup, traits: KeyedTraits) {
    super(new Values(setup, traits.perCpu ? setup.cpus : 1, firstCapacity));
    this.#limit = setup.attributes.maxEntries;
    this.#traits = traits;
  }

  find(key: Uint8Array, who: "user" | "program"): number {
    const element = this.#elements.get(nameOf(key));
    if (element === undefined) return failed.noEntry;
    if (who === "program") this.#use(element);
    return element.slot * this.values.stride;
  }

  update(key: Uint8Array, value: Uint8Array, { mode, cpu }: StoreOptions): number {
    const name = nameOf(key);
    const found = this.#elements.get(name);
    if (mode === "noexist" && found !== undefined) return failed.exists;
    if (mode === "exist" && found === undefined) return failed.noEntry;
    if (found === undefined && !this.#makeRoom()) return failed.tooBig;
    const element = found ?? this.#add(key, name);
    this.#use(element);
    if (found !== undefined && this.#traits.perCpu !== true) this.#moveValue(element);
    putValue(this.values, element.slot * this.values.stride, value, cpu);
    return 0;
  }

  delete(key: Uint8Array): number {
    const element = this.#elements.get(nameOf(key));
    if (element === undefined) return failed.noEntry;
    this.#remove(element);
    return 0;
  }

  override keyAt(offset: number): Uint8Array | undefined {
    const slot = offset / this.values.stride;
    for (const element of this.#elements.values()) if (element.slot === slot) return element.key;
    return undefined;
  }

  override take(key: Uint8Array, value: Uint8Array): number {
    const result = this.lookup(key, value);
    return result < 0 ? result : this.delete(key);
  }

  next(key: Uint8Array | undefined, next: Uint8Array): number {
    const element = key && this.#elements.get(nameOf(key));
    const following = element === undefined ? this.#first : element.behind;
    if (following === undefined) return failed.noEntry;
    next.set(following.key);
    return 0;
  }

  override *keys(_keyBytes: number): Generator<Uint8Array<ArrayBuffer>, void> {
    const last = this.#turns;
    // One that is removed still knows what was behind it.
    for (let element = this.#first; element !== undefined; element = element.behind) {
      if (element.turn > last) return;
      if (this.#elements.get(element.name) === element) yield new Uint8Array(element.key);
    }
  }

  /** The keys that came after turn `from`, at most `limit`, each with its turn. */
  *batch(from: number): Generator<{ readonly key: Uint8Array; readonly turn: number }, void> {
    for (let element = this.#first; element !== undefined;) {
      const { behind, turn } = element;
      if (turn > from) yield element;
      element = behind;
    }
  }

  #makeRoom(): boolean {
    if (this.#elements.size < this.#limit) return true;
    if (this.#traits.evicts !== true) return false;
    const [oldest] = this.#used;
    this.#remove(oldest!);
    return true;
  }

  #use(element: Element): void {
    if (this.#traits.evicts !== true) return;
    this.#used.delete(element);
    this.#used.add(element);
  }

  #add(key: Uint8Array, name: string): Element {
    const turn = ++this.#turns;
    const slot = this.#takeSlot();
    const element: Element = {
      key: key.slice(),
      name,
      slot,
      before: this.#last,
      behind: undefined,
      turn,
    };
    if (this.#last === undefined) this.#first = element;
    else this.#last.behind = element;
    this.#last = element;
    this.#elements.set(name, element);
    return element;
  }

  #remove(element: Element): void {
    const { before, behind } = element;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    this.#elements.delete(element.name);
    this.#used.delete(element);
    this.#freeSlots.push(element.slot);
  }

  #moveValue(element: Element): void {
    const slot = this.#takeSlot();
    this.#freeSlots.push(element.slot);
    element.slot = slot;
  }

  /** A place for a value, zeroed. */
  #takeSlot(): number {
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    const { values } = this;
    if ((slot + 1) * values.stride > values.bytes.length)
      values.grow(Math.min(2 * (slot + 1), this.#limit + 1));
    values.bytes.fill(0, slot * values.stride, (slot + 1) * values.stride);
    return slot;
  }
}

/** Each byte as a character: equal where the bytes are. */
export function nameOf(key: Uint8Array): string {
  let name = "";
  for (const byte of key) name += String.fromCharCode(byte);
  return name;
}
