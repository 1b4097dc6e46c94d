/**
 * Damaged object files for tests: a seed, a file and a few changes to it, the same for the same seed.
 *
 * Changes follow the structure of a file: the file's header, the table of sections, and each section are equally
 * likely to be hit, and words become values that sizes, offsets and ids go wrong with. Nothing here reads a file.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { readElf } from "../elf/read.ts";

/** Numbers from 0 up to, and without, `limit`. */
export type Random = (limit: number) => number;

/** The sequence of numbers of `seed` (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) % limit) >>> 0;
  };
}

/** A part of a file: what is changed lies in one. */
interface Region {
  readonly start: number;
  readonly end: number;
}

/** `bytes` with one to four changes; `other` lends pieces. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let changed: Uint8Array = bytes.slice();
  const regions = regionsOf(bytes);
  for (let left = 1 + random(4); left > 0; left--) {
    const region = regions[random(regions.length)]!;
    if (region.end > changed.length || region.end - region.start < 4) continue;
    changed = changes[random(changes.length)]!(changed, { region, other, random });
  }
  return changed;
}

/** The header, the table of sections and the sections; all of a file that cannot be read any more. */
function regionsOf(bytes: Uint8Array): readonly Region[] {
  const whole = { start: 0, end: bytes.length };
  if (bytes.length < 64) return [whole];
  const { sections, byteOrder } = sectionsOf(bytes);
  if (sections.length === 0) return [whole];
  const table = Number(viewOf(bytes).getBigUint64(40, byteOrder === "little"));
  const held = sections
    .filter(({ bytes: contents }) => contents.length >= 4)
    .map(({ offset, bytes: contents }) => ({ start: offset, end: offset + contents.length }));
  return [{ start: 0, end: 64 }, { start: table, end: table + 64 * sections.length }, ...held];
}

function sectionsOf(bytes: Uint8Array): Pick<ReturnType<typeof readElf>, "sections" | "byteOrder"> {
  try {
    return readElf(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return { sections: [], byteOrder: "little" };
    throw error;
  }
}

interface Place {
  readonly region: Region;
  readonly other: Uint8Array;
  readonly random: Random;
}

type Change = (bytes: Uint8Array, place: Place) => Uint8Array;

/** Words come first and often: they are what a format consists of. */
const changes: readonly Change[] = [
  setWord,
  setWord,
  setWord,
  addToWord,
  swapWords,
  flipBit,
  copyPiece,
  cut,
];

const telling = [0, 1, 2, 3, 7, 0xff, 0x1000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];

function setWord(bytes: Uint8Array, { region, random }: Place): Uint8Array {
  const values = [
    telling[random(telling.length)]!,
    random(64),
    random(bytes.length + 1),
    random(0x1_0000_0000),
  ];
  viewOf(bytes).setUint32(wordIn(region, random), values[random(values.length)]!, true);
  return bytes;
}

function addToWord(bytes: Uint8Array, { region, random }: Place): Uint8Array {
  const at = wordIn(region, random);
  const view = viewOf(bytes);
  view.setUint32(at, view.getUint32(at, true) + random(17) - 8, true);
  return bytes;
}

function swapWords(bytes: Uint8Array, { region, random }: Place): Uint8Array {
  const view = viewOf(bytes);
  const [left, right] = [wordIn(region, random), wordIn(region, random)];
  const kept = view.getUint32(left, true);
  view.setUint32(left, view.getUint32(right, true), true);
  view.setUint32(right, kept, true);
  return bytes;
}

function flipBit(bytes: Uint8Array, { region, random }: Place): Uint8Array {
  const at = region.start + random(region.end - region.start);
  bytes[at] = bytes[at]! ^ (1 << random(8));
  return bytes;
}

function copyPiece(bytes: Uint8Array, { region, other, random }: Place): Uint8Array {
  const from = random(other.length);
  const length = Math.min(1 + random(64), region.end - region.start, other.length - from);
  bytes.set(
    other.subarray(from, from + length),
    wordIn({ ...region, end: region.end - length + 4 }, random),
  );
  return bytes;
}

function cut(bytes: Uint8Array, { random }: Place): Uint8Array {
  return bytes.slice(0, random(bytes.length));
}

/** Where a word begins in `region`. */
function wordIn({ start, end }: Region, random: Random): number {
  return start + 4 * random((end - start) >>> 2);
}
