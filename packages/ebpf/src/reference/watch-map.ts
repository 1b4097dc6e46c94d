/**
 * Watching a whole map.
 *
 * Each look reads the map in batches and compares it with a copy kept from the look before: time and memory grow with
 * the number of elements. To watch one element use a reference to it.
 * @module
 */
import { isObject } from "../base/checks.ts";
import { assertLive } from "../base/given.ts";
import { encodeValue } from "../layout/value.ts";
import { limitOf } from "../stream/waiting.ts";
import { type Change, ChangeDetector } from "./change.ts";
import type { ReferableMap } from "./map-cell.ts";
import { Polling } from "./polling.ts";
import type { WatchOptions } from "./reference.ts";

/** A change of an element. */
export type MapChange<Key, Value> = Change<Value> & { readonly key: Key };

/** Milliseconds from one look to the next, unless the caller says otherwise. */
const usualIntervalMs = 100;

/**
 * Elements that are added, changed and removed, from how the map is when this is called. The map is looked at every
 * `intervalMs` milliseconds (100 when left out); what comes and goes between two looks is not told, and an element that
 * is removed and added again looks unchanged or changed. Leaving the loop, the signal, the limit, the time-out and closing
 * the map end it.
 */
export function watchMap<Key, Value>(
  map: ReferableMap<Key, Value>,
  options: WatchOptions<Value> = {},
): AsyncGenerator<MapChange<Key, Value>, void> {
  assertLive(map, "entries", "the map to watch", "give a loaded map of elements");
  isObject(options, "what is said of watching");
  const copy = new MapCopy(map, options);
  if (options.from !== "nothing") copy.look();
  return watch(copy, { ...options, intervalMs: options.intervalMs ?? usualIntervalMs });
}

async function* watch<Key, Value>(
  copy: MapCopy<Key, Value>,
  options: WatchOptions<Value>,
): AsyncGenerator<MapChange<Key, Value>, void> {
  const limit = limitOf(options);
  using polling = new Polling(options);
  let told = 0;
  while (told < limit && !polling.ended && !copy.map.closed) {
    for (const change of copy.look()) {
      yield change;
      told += 1;
      if (told >= limit || polling.ended) return;
    }
    await polling.wait();
  }
}

/** An element as it was seen last. */
interface Seen<Key, Value> {
  readonly key: Key;
  readonly detector: ChangeDetector<Value>;
  /** Number of the look that saw it. */
  look: number;
}

/** What the last look saw. */
class MapCopy<Key, Value> {
  readonly map: ReferableMap<Key, Value>;
  readonly #options: WatchOptions<Value>;
  /** By the bytes of the key, since objects are compared by identity. */
  readonly #seen = new Map<string, Seen<Key, Value>>();
  #look = 0;

  constructor(map: ReferableMap<Key, Value>, options: WatchOptions<Value>) {
    this.map = map;
    this.#options = options;
  }

  /** Looks at the map: how it differs from the look before. */
  look(): readonly MapChange<Key, Value>[] {
    this.#look += 1;
    return [...this.#present(), ...this.#removed()];
  }

  *#present(): Generator<MapChange<Key, Value>, void> {
    for (const [key, value] of this.map.entries()) {
      const change = this.#see(key).detector.next(value);
      if (change !== undefined) yield { ...change, key };
    }
  }

  *#removed(): Generator<MapChange<Key, Value>, void> {
    for (const [bytes, { key, detector, look }] of this.#seen) {
      if (look === this.#look) continue;
      this.#seen.delete(bytes);
      const change = detector.next(undefined);
      if (change !== undefined) yield { ...change, key };
    }
  }

  #see(key: Key): Seen<Key, Value> {
    const bytes = String.fromCharCode(...encodeValue(this.map.spec.key, key));
    let seen = this.#seen.get(bytes);
    if (seen === undefined) {
      seen = { key, detector: new ChangeDetector(this.map.valueLayout, this.#options), look: 0 };
      this.#seen.set(bytes, seen);
    }
    seen.look = this.#look;
    return seen;
  }
}
