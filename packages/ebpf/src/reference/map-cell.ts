/**
 * The element of a map under a key, as a cell.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { ExistsError, NotFoundError } from "../kernel/errors.ts";
import type { LookupMode, UpdateMode } from "../kernel/kernel.ts";
import type { Layout } from "../layout/layout.ts";
import { sameValue } from "../layout/value.ts";
import { ArrayMap } from "../map/array-map.ts";
import type { ElementMap, LookupOptions, UpdateOptions } from "../map/element-map.ts";
import type { KeyedMapType } from "../spec/map-spec.ts";
import type { Atomicity, Cell } from "./cell.ts";

/** A live map of elements of any kind. Of per-CPU maps `Value` is an array with a value per CPU. */
export type ReferableMap<Key, Value> = Pick<
  // oxlint-disable-next-line typescript/no-explicit-any -- what one slot of a per-CPU map is does not matter here
  ElementMap<KeyedMapType, Key, Value, any>,
  "name" | "closed" | "get" | "set" | "entries" | "valueLayout"
> & {
  readonly spec: { readonly key: Layout<Key> };
  /** Elements of arrays cannot be deleted. */
  delete?(key: Key): boolean;
};

/** The element of `map` under `key`. With `lock` reading and writing take the value's spin lock. */
export class MapCell<Key, Value> implements Cell<Value> {
  readonly #map: ReferableMap<Key, Value>;
  readonly #key: Key;
  readonly #lookup: LookupOptions | undefined;
  readonly #lock: LookupMode;

  constructor(map: ReferableMap<Key, Value>, key: Key, lock: LookupMode) {
    this.#map = map;
    this.#key = key;
    this.#lock = lock;
    // Without options elements that are mapped are read as memory.
    this.#lookup = lock === "plain" ? undefined : { lock };
  }

  get what(): string {
    return `key ${textOf(this.#key)} of map "${this.#map.name}"`;
  }

  get closed(): boolean {
    return this.#map.closed;
  }

  get layout(): Layout<Value> {
    return this.#map.valueLayout;
  }

  get atomicity(): Atomicity {
    return this.#atomicArray === undefined ? "thread" : "machine";
  }

  get(): Value | undefined {
    return this.#map.get(this.#key, this.#lookup);
  }

  set(value: Value): void {
    this.#map.set(this.#key, value, this.#lock === "plain" ? undefined : this.#update("any"));
  }

  create(value: Value): boolean {
    try {
      this.#map.set(this.#key, value, this.#update("noexist"));
      return true;
    } catch (error) {
      if (error instanceof ExistsError) return false;
      throw error;
    }
  }

  replace(expected: Value, next: Value): boolean {
    const array = this.#atomicArray;
    if (array !== undefined) return array.compareAndSet(this.#key as number, expected, next);
    const found = this.get();
    return found !== undefined && sameValue(this.layout, found, expected) && this.#overwrite(next);
  }

  delete(): boolean {
    if (this.#map.delete !== undefined) return this.#map.delete(this.#key);
    throw new InvalidArgumentError(`${this.what} cannot be deleted: elements of arrays stay`, {
      hint: "set a value that means that there is none",
    });
  }

  /** Where somebody took the element away since it was read, it stays away. */
  #overwrite(value: Value): boolean {
    try {
      this.#map.set(this.#key, value, this.#update("exist"));
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }

  #update(mode: "any" | "noexist" | "exist"): UpdateOptions {
    const locked: UpdateMode = `${mode}-locked`;
    return { mode: this.#lock === "plain" ? mode : locked };
  }

  /** The map, when it compares and sets in one step. */
  get #atomicArray(): ArrayMap<Value> | undefined {
    const map: unknown = this.#map;
    if (this.#lock === "locked" || !(map instanceof ArrayMap)) return undefined;
    return map.atomic ? (map as ArrayMap<Value>) : undefined;
  }
}

/** A key in messages. */
function textOf(key: unknown): string {
  return JSON.stringify(key, (_, value: unknown) =>
    typeof value === "bigint" ? exactly(value) : value,
  );
}

/** A number where that is exact; else its digits as text. */
function exactly(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
