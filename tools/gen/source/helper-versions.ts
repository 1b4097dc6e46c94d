/**
 * First kernel versions of helpers: their numbers were given in order, so each release has those up to one of them.
 *
 * From the list `__BPF_FUNC_MAPPER` in include/uapi/linux/bpf.h of the releases.
 * @module
 */

/** Highest number of a helper in each release that added some. */
const lastOfRelease: readonly (readonly [major: number, minor: number, last: number])[] = [
  [3, 19, 3],
  [4, 1, 11],
  [4, 2, 16],
  [4, 3, 22],
  [4, 4, 25],
  [4, 5, 26],
  [4, 6, 30],
  [4, 8, 36],
  [4, 9, 41],
  [4, 10, 44],
  [4, 11, 45],
  [4, 12, 47],
  [4, 13, 50],
  [4, 14, 53],
  [4, 15, 57],
  [4, 16, 59],
  [4, 17, 64],
  [4, 18, 80],
  [4, 19, 83],
  [4, 20, 90],
  [5, 0, 92],
  [5, 1, 98],
  [5, 2, 108],
  [5, 3, 110],
  [5, 5, 115],
  [5, 6, 118],
  [5, 7, 124],
  [5, 8, 135],
  [5, 9, 141],
  [5, 10, 155],
  [5, 11, 162],
  [5, 12, 163],
  [5, 13, 165],
  [5, 14, 168],
  [5, 15, 175],
  [5, 16, 179],
  [5, 17, 185],
  [5, 18, 193],
  [5, 19, 203],
  [6, 0, 207],
  [6, 1, 209],
  [6, 2, 211],
];

/** The first release with the helper of this number. */
export function helperSince(id: number): readonly [major: number, minor: number] {
  const row = lastOfRelease.find(([, , last]) => id <= last);
  if (row === undefined) throw new TypeError(`the release of helper ${id} is not known`);
  return [row[0], row[1]];
}
