/**
 * Walking through the keys of a map that others change meanwhile.
 *
 * The kernel finds the key behind one it is given, and starts over when that one is gone. So the walk remembers what it
 * has seen: keys that come again are passed over, each is given once, and how often the kernel started over is
 * counted. Keys that were there all the time are never missed.
 * @module
 */

/** Finds the key behind `key`, or the first one; `undefined` at the end. */
export type NextKey = (key: Uint8Array | undefined) => Uint8Array | undefined;

/** Keys that were met, by their bytes. */
export class SeenKeys {
  readonly #seen = new Set<string>();
  #restarts = 0;
  #passing = false;

  /** How often keys came again after new ones: the iteration was thrown back to the start. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Says that the walk starts over because it wants to: that keys come again is no news. */
  startOver(): void {
    this.#passing = true;
  }

  /** Whether the key comes for the first time. */
  isNew(key: Uint8Array): boolean {
    const text = textOf(key);
    const known = this.#seen.has(text);
    if (known && !this.#passing) this.#restarts += 1;
    this.#passing = known;
    if (!known) this.#seen.add(text);
    return !known;
  }
}

/**
 * All keys, each once. The key that is yielded may be deleted while it is looked at: the one behind it is already known.
 * The bytes are the caller's.
 */
export function* walkKeys(next: NextKey, seen: SeenKeys): Generator<Uint8Array, void> {
  let key = nextNew(next, seen, undefined);
  while (key !== undefined) {
    const following = nextNew(next, seen, key);
    yield key;
    key = following;
  }
}

function nextNew(
  next: NextKey,
  seen: SeenKeys,
  from: Uint8Array | undefined,
): Uint8Array | undefined {
  for (let key = next(from); key !== undefined; key = next(key)) {
    if (seen.isNew(key)) return key;
  }
  return undefined;
}

/** Each byte as a character: short, and equal where the bytes are. */
function textOf(key: Uint8Array): string {
  let text = "";
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}
