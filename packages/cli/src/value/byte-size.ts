/**
 * Sizes in bytes for people, in powers of 1024.
 * @module
 */

/** Bytes of each unit. */
export const unitBytes = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 } as const;

/** `"256K"`: the size in the largest unit that leaves a whole number. */
export function formatByteSize(bytes: number): string {
  const unit = (["G", "M", "K"] as const).find(
    (unit) => bytes >= unitBytes[unit] && bytes % unitBytes[unit] === 0,
  );
  return unit === undefined ? String(bytes) : `${bytes / unitBytes[unit]}${unit}`;
}
