/**
 * Elements of a simulated map, found by the bytes of their keys.
 *
 * One class keeps them for every kind of map; what differs is what happens when there is no room, and how a key finds
 * its element. Values are memory: a reference to one sees later changes, and a replaced element of a hash leaves its
 * references behind, as in the kernel.
 * @module
 */
import { hex } from "../../base/bytes.ts";
import { bytesOfValue, objectIn } from "../../layout/memory-object.ts";
import type { KernelUpdateMode } from "../../spec/kernel-side.ts";
import type { KeyedMapSpec, KeyedMapType } from "../../spec/map-spec.ts";
import { firstWord, isTooLong, longestMatch, normalized } from "./longest-match.ts";
import { failure } from "./status.ts";

/** One element: its key, and its value for each CPU or for all of them. */
export interface Element {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly values: readonly DataView[];
}

/** A map of elements. */
export type ElementSpec = KeyedMapSpec<KeyedMapType, unknown, unknown>;

/** How kinds of maps differ. */
interface Traits {
  readonly perCpu?: true;
  /** Elements are there from the start and cannot be deleted; keys are indices. */
  readonly indexed?: true;
  /** The element that was not used for longest makes room. */
  readonly evicts?: true;
  /** Keys are prefixes. */
  readonly prefix?: true;
}

const traits: { readonly [Type in KeyedMapType]?: Traits } = {
  percpu_hash: { perCpu: true },
  lru_hash: { evicts: true },
  lru_percpu_hash: { evicts: true, perCpu: true },
  array: { indexed: true },
  percpu_array: { indexed: true, perCpu: true },
  lpm_trie: { prefix: true },
};

/** The elements of one map. */
export class ElementStore {
  readonly spec: ElementSpec;
  readonly #traits: Traits;
  readonly #cpus: number;
  /** By the hexadecimal digits of the key; the one not used for longest first. */
  readonly #elements = new Map<string, Element>();

  constructor(spec: ElementSpec, cpus: number) {
    this.spec = spec;
    this.#traits = traits[spec.type] ?? {};
    this.#cpus = this.#traits.perCpu ? cpus : 1;
  }

  /** Whether there is a value for each CPU. */
  get perCpu(): boolean {
    return this.#traits.perCpu === true;
  }

  /** The elements, in the order they were used; of arrays those that were touched. */
  elements(): readonly Element[] {
    return [...this.#elements.values()];
  }

  /** The element that `key` finds. */
  find(key: Uint8Array): Element | undefined {
    const { indexed, evicts, prefix } = this.#traits;
    if (indexed) return this.#indexed(key);
    if (prefix) return longestMatch(this.elements(), key);
    const name = hex(key);
    const found = this.#elements.get(name);
    if (found !== undefined && evicts) {
      this.#elements.delete(name);
      this.#elements.set(name, found);
    }
    return found;
  }

  /** The value of an element for one CPU as an object in memory. */
  reference(element: Element, cpu: number): object | undefined {
    const view = element.values[this.perCpu ? cpu : 0];
    return view === undefined ? undefined : objectIn(this.spec.value, view, 0);
  }

  /** Stores a copy of `value` for one CPU, or for all: 0 or a negated errno. */
  update(key: Uint8Array<ArrayBuffer>, value: unknown, options: UpdateOptions): number {
    return this.updateBytes(key, bytesOfValue(this.spec.value, value), options);
  }

  /** The same with the bytes of the value. */
  updateBytes(
    key: Uint8Array<ArrayBuffer>,
    bytes: Uint8Array,
    { mode, cpu }: UpdateOptions,
  ): number {
    if (this.#traits.indexed) return this.#updateIndexed(key, bytes, { mode, cpu });
    if (this.#traits.prefix && isTooLong(key)) return failure.invalid;
    const name = this.#nameOf(key);
    const found = this.#elements.get(name);
    if (mode === "noexist" && found !== undefined) return failure.exists;
    if (mode === "exist" && found === undefined) return failure.noEntry;
    if (found !== undefined && this.perCpu) return store(found, bytes, cpu);
    if (found === undefined && !this.#makeRoom())
      return this.#traits.prefix ? failure.noSpace : failure.tooBig;
    const element = this.#newElement(key);
    this.#elements.delete(name);
    this.#elements.set(name, element);
    return store(element, bytes, cpu);
  }

  /** Removes an element: 0 or a negated errno. */
  delete(key: Uint8Array): number {
    if (this.#traits.indexed) return failure.invalid;
    if (this.#traits.prefix && isTooLong(key)) return failure.invalid;
    return this.#elements.delete(this.#nameOf(key)) ? 0 : failure.noEntry;
  }

  /** Equal for keys of the same element. */
  #nameOf(key: Uint8Array): string {
    return hex(this.#traits.prefix ? normalized(key) : key);
  }

  #indexed(key: Uint8Array): Element | undefined {
    if (firstWord(key) >= this.spec.maxEntries) return undefined;
    const name = hex(key);
    const found = this.#elements.get(name) ?? this.#newElement(key.slice());
    this.#elements.set(name, found);
    return found;
  }

  #updateIndexed(key: Uint8Array, bytes: Uint8Array, { mode, cpu }: UpdateOptions): number {
    const element = this.#indexed(key);
    if (element === undefined) return failure.tooBig;
    return mode === "noexist" ? failure.exists : store(element, bytes, cpu);
  }

  /** Whether there is room for one more element, perhaps by dropping one. */
  #makeRoom(): boolean {
    if (this.#elements.size < this.spec.maxEntries) return true;
    if (!this.#traits.evicts) return false;
    const [oldest] = this.#elements.keys();
    return oldest !== undefined && this.#elements.delete(oldest);
  }

  #newElement(key: Uint8Array): Element {
    const values = Array.from(
      { length: this.#cpus },
      () => new DataView(new ArrayBuffer(this.spec.value.size)),
    );
    return { key: key.slice(), values };
  }
}

/** How to store. */
export interface UpdateOptions {
  readonly mode: KernelUpdateMode;
  readonly cpu: number;
}

function store({ values }: Element, bytes: Uint8Array, cpu: number): number {
  const view = values[values.length > 1 ? cpu : 0]!;
  new Uint8Array(view.buffer).set(bytes);
  return 0;
}
