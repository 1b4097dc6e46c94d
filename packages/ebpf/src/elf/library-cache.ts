/**
 * The cache of the dynamic linker, /etc/ld.so.cache: which library is in which file.
 *
 * The format is that of glibc since 2.2 (sysdeps/generic/dl-cache.h): a head, entries of 24 bytes, and texts, which
 * entries point to from the start of the head. Older parts in front of it are passed over.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";
import { Region } from "./region.ts";
import { textAt } from "./string-table.ts";

/** A library that the dynamic linker finds. */
export interface CachedLibrary {
  /** `libc.so.6`. */
  readonly name: string;
  readonly path: string;
  /** For which machine it is, as the cache says it: {@link libraryMachines}. */
  readonly machine: number;
  /** Whether it is for some processors of this machine only. */
  readonly special: boolean;
}

/** Bits of an entry that say its machine, by what `uname -m` calls it: FLAG_…_LIB64. */
export const libraryMachines: Readonly<Record<string, number>> = { x86_64: 3, aarch64: 10 };

const magic = "glibc-ld.so.cache1.1";
const headBytes = 48;
const entryBytes = 24;

/**
 * The libraries in the cache, in its order; none when it is of another kind.
 *
 * ```
 *   0       20        24            32                   48
 *   +-------+---------+-------------+---------+----------+-------+---
 *   | magic | entries | text bytes  | flags … | reserved | entry | …     entry: flags, name, path (4 bytes each), …,
 *   +-------+---------+-------------+---------+----------+-------+---    processor (8 bytes from 16)
 * ```
 *
 * @throws {MalformedError} when an entry leads out of it.
 */
export function readLibraryCache(bytes: Uint8Array): readonly CachedLibrary[] {
  const start = findMagic(bytes);
  if (start === undefined) return [];
  const byteOrder = littleEndian ? "little" : "big";
  const cache = new Region(bytes.subarray(start), { byteOrder, path: ["ld.so.cache"], start });
  const count = cache.u32(magic.length);
  return Array.from({ length: count }, (_, index) => {
    const entry = cache.part(`entry ${index}`, headBytes + index * entryBytes, entryBytes);
    return {
      name: textAt(cache, entry.u32(4)),
      path: textAt(cache, entry.u32(8)),
      machine: (entry.u32(0) >> 8) & 0xff,
      special: entry.u64(16) !== 0n,
    };
  });
}

function findMagic(bytes: Uint8Array): number | undefined {
  const wanted = new TextEncoder().encode(magic);
  for (let at = bytes.indexOf(wanted[0]!); at !== -1; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return undefined;
}
