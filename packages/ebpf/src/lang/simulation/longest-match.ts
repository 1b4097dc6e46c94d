/**
 * The longest prefix that matches: what tries are for.
 *
 * A key is a number of bits in 4 bytes, then the bits, the highest of each byte first (kernel/bpf/lpm_trie.c).
 * @module
 */

const lengthBytes = 4;

/** Something with a prefix for a key. */
interface Prefixed {
  readonly key: Uint8Array;
}

/** The first 4 bytes of a key as a number: the bits that count, or the index into an array. */
export function firstWord(key: Uint8Array): number {
  return new Uint32Array(key.slice(0, lengthBytes).buffer)[0]!;
}

/** The entry with the longest prefix that `key` begins with; `undefined` when none does, or `key` is no prefix. */
export function longestMatch<Entry extends Prefixed>(
  entries: readonly Entry[],
  key: Uint8Array,
): Entry | undefined {
  const length = firstWord(key);
  if (isTooLong(key)) return undefined;
  let best: Entry | undefined;
  let bestLength = -1;
  for (const entry of entries) {
    const entryLength = firstWord(entry.key);
    if (entryLength <= bestLength || entryLength > length) continue;
    if (commonBits(entry.key, key) >= entryLength) [best, bestLength] = [entry, entryLength];
  }
  return best;
}

/** Whether the prefix of a key is longer than the key itself. */
export function isTooLong(key: Uint8Array): boolean {
  return firstWord(key) > 8 * (key.length - lengthBytes);
}

/** The key with zeros for the bits that do not count: the same for all keys of one prefix. */
export function normalized(key: Uint8Array): Uint8Array {
  const length = firstWord(key);
  return key.map((byte, index) => {
    const counting = length - 8 * (index - lengthBytes);
    if (index < lengthBytes || counting >= 8) return byte;
    return counting <= 0 ? 0 : byte & ~(0xff >> counting);
  });
}

/** How many bits are the same from the start of the data. */
function commonBits(left: Uint8Array, right: Uint8Array): number {
  for (let index = lengthBytes; index < left.length; index++) {
    const different = left[index]! ^ right[index]!;
    if (different !== 0) return 8 * (index - lengthBytes) + Math.clz32(different) - 24;
  }
  return 8 * (left.length - lengthBytes);
}
