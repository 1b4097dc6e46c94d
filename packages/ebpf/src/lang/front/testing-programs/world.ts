/**
 * What random programs find around them: layouts, maps, variables, and the names for all of it.
 *
 * Each program gets maps of its own, so that nothing of one reaches the next.
 * @module
 */
import * as layouts from "../../../layout/index.ts";
import type { StructLayout } from "../../../layout/layout.ts";
import { arrayMap } from "../../../spec/array-map.ts";
import { config, global } from "../../../spec/global-spec.ts";
import { hashMap } from "../../../spec/hash-map.ts";
import * as builtins from "../../builtins/index.ts";

const { array, be16, be32, be64, bool, chars, s16, s32, s64, s8, struct, u16, u32, u64, u8 } =
  layouts;

/** A small struct with padding in it. */
export const Inner: StructLayout = struct("inner", { a: u8, b: s16, c: u32, big: s64 });

/** A struct for the stack: every width, text, and parts that are structs and arrays. */
export const Small: StructLayout = struct("small", {
  x: u8,
  y: s16,
  z: u32,
  w: s8,
  q: u64,
  inner: Inner,
  odd: array(s16, 5),
  name: chars(6),
  flag: bool,
  port: be16,
});

/** A large struct, for maps. */
export const Record: StructLayout = struct("record", {
  small: Small,
  r: s64,
  h: u16,
  i: s32,
  list: array(u32, 8),
  bigs: array(u64, 3),
  parts: array(Inner, 4),
  long: chars(16),
  addr: be32,
  wide: be64,
});

/** The start of packets. */
export const Head: StructLayout = struct("head", { m: u32, n: s32, k: u64, l: s64, small: Small });

/** Keys with padding. */
export const Key: StructLayout = struct("key", { id: u16, kind: u8 });

/** How many numbers and how many bigints a program leaves. */
export const resultCount = 16;

const Results: StructLayout = struct("results", {
  numbers: array(s64, resultCount),
  bigints: array(u64, resultCount),
  smalls: array(Small, 2),
});

/** Maps and variables of one program. */
export interface World {
  readonly counts: ReturnType<typeof hashMap<number, bigint>>;
  readonly table: ReturnType<typeof hashMap<never, never>>;
  readonly slots: ReturnType<typeof arrayMap<never>>;
  readonly record: ReturnType<typeof global>;
  readonly total: ReturnType<typeof global>;
  readonly level: ReturnType<typeof global>;
  readonly limit: ReturnType<typeof config>;
  readonly results: ReturnType<typeof global>;
}

/** A new world. */
export function makeWorld(): World {
  return {
    counts: hashMap("counts", u32, u64, 16),
    table: hashMap("table", Key, Inner, 16) as never,
    slots: arrayMap("slots", Small, 4) as never,
    record: global("record", Record, zeros(Record) as never),
    total: global("total", u64, 5n) as never,
    level: global("level", s16, -3) as never,
    limit: config("limit", u32, 10) as never,
    results: global("results", Results, zeros(Results) as never),
  };
}

function zeros(layout: StructLayout): unknown {
  return layout.read(new DataView(new ArrayBuffer(layout.size)), 0);
}

/** All names a program of a world may use. */
export function scopeOf(world: World): { readonly [name: string]: unknown } {
  return { ...layouts, ...builtins, Inner, Small, Record, Head, Key, ...world };
}
