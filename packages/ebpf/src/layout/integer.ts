/**
 * Integers in memory.
 *
 * Each layout is two small functions over a `DataView` and the range of what it holds: a number out of range is an
 * error, never cut; called as a function, the layout converts as C does instead. Integers of 64 bits are `bigint`;
 * those known to stay below 2^53 can be a `number`, see `u53`. There are no floating point numbers, BPF has none.
 * @module
 */
import { littleEndian as machineIsLittleEndian } from "../base/bytes.ts";
import { callable } from "./callable.ts";
import { toBig, toSmall, type Conversion, type Convertible } from "./convert.ts";
import type { ByteOrder, IntegerLayout } from "./layout.ts";
import { show, unexpected, ValueError } from "./value-error.ts";

/** A constant of this module: the engine folds it, while it would load an imported one at every use. */
const littleEndian = machineIsLittleEndian;

/** `__u8`: 0 to 255. */
export const u8: CallableInteger<number, "host"> = small(
  { name: "u8", bits: 8, signed: false, order: "host" },
  {
    read: (view, offset) => view.getUint8(offset),
    store: (view, offset, value) => view.setUint8(offset, value),
  },
);

/** `__u16`: 0 to 65 535. */
export const u16: CallableInteger<number, "host"> = small(
  { name: "u16", bits: 16, signed: false, order: "host" },
  {
    read: (view, offset) => view.getUint16(offset, littleEndian),
    store: (view, offset, value) => view.setUint16(offset, value, littleEndian),
  },
);

/** `__u32`: 0 to 4 294 967 295. */
export const u32: CallableInteger<number, "host"> = small(
  { name: "u32", bits: 32, signed: false, order: "host" },
  {
    read: (view, offset) => view.getUint32(offset, littleEndian),
    store: (view, offset, value) => view.setUint32(offset, value, littleEndian),
  },
);

/** `__u64` as a `bigint`. Reading one costs several times as much as a `number`: see `u53`. */
export const u64: CallableInteger<bigint, "host"> = big(
  { name: "u64", bits: 64, signed: false, order: "host" },
  {
    read: (view, offset) => view.getBigUint64(offset, littleEndian),
    store: (view, offset, value) => view.setBigUint64(offset, value, littleEndian),
  },
);

/** `__s8`: -128 to 127. */
export const s8: CallableInteger<number, "host"> = small(
  { name: "s8", bits: 8, signed: true, order: "host" },
  {
    read: (view, offset) => view.getInt8(offset),
    store: (view, offset, value) => view.setInt8(offset, value),
  },
);

/** `__s16`: -32 768 to 32 767. */
export const s16: CallableInteger<number, "host"> = small(
  { name: "s16", bits: 16, signed: true, order: "host" },
  {
    read: (view, offset) => view.getInt16(offset, littleEndian),
    store: (view, offset, value) => view.setInt16(offset, value, littleEndian),
  },
);

/** `__s32`: -2 147 483 648 to 2 147 483 647. */
export const s32: CallableInteger<number, "host"> = small(
  { name: "s32", bits: 32, signed: true, order: "host" },
  {
    read: (view, offset) => view.getInt32(offset, littleEndian),
    store: (view, offset, value) => view.setInt32(offset, value, littleEndian),
  },
);

/** `__s64` as a `bigint`. */
export const s64: CallableInteger<bigint, "host"> = big(
  { name: "s64", bits: 64, signed: true, order: "host" },
  {
    read: (view, offset) => view.getBigInt64(offset, littleEndian),
    store: (view, offset, value) => view.setBigInt64(offset, value, littleEndian),
  },
);

/** `__be16`, as ports are in packets: the high byte first in memory, a plain number here. */
export const be16: CallableInteger<number, "network"> = small(
  { name: "be16", bits: 16, signed: false, order: "network" },
  {
    read: (view, offset) => view.getUint16(offset),
    store: (view, offset, value) => view.setUint16(offset, value),
  },
);

/** `__be32`, as IPv4 addresses are in packets: the high byte first in memory, a plain number here. */
export const be32: CallableInteger<number, "network"> = small(
  { name: "be32", bits: 32, signed: false, order: "network" },
  {
    read: (view, offset) => view.getUint32(offset),
    store: (view, offset, value) => view.setUint32(offset, value),
  },
);

/** `__be64`: the high byte first in memory, a plain `bigint` here. */
export const be64: CallableInteger<bigint, "network"> = big(
  { name: "be64", bits: 64, signed: false, order: "network" },
  {
    read: (view, offset) => view.getBigUint64(offset),
    store: (view, offset, value) => view.setBigUint64(offset, value),
  },
);

/**
 * An integer that also converts: `u32(value)` is `value` as C converts it, cut to 32 bits. What is of network order
 * keeps its bits: `be16(value)` is a cast, `htons` changes the order.
 */
export interface CallableInteger<
  T extends number | bigint,
  Order extends ByteOrder,
> extends IntegerLayout<T, Order> {
  (value: Convertible): T;
}

/** What tells one integer from another. */
interface Shape<Order extends ByteOrder, Bits = 8 | 16 | 32 | 64> {
  readonly name: string;
  readonly bits: Bits;
  readonly signed: boolean;
  readonly order: Order;
}

interface Access<T> {
  readonly read: (view: DataView, offset: number) => T;
  /** Stores a value known to be in range. */
  readonly store: (view: DataView, offset: number, value: T) => void;
}

/** An integer that is a `number`: of 8, 16 or 32 bits. */
function small<Order extends ByteOrder>(
  shape: Shape<Order, 8 | 16 | 32>,
  { read, store }: Access<number>,
): CallableInteger<number, Order> {
  const { name, bits, signed } = shape;
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const high = 2 ** (signed ? bits - 1 : bits) - 1;
  return callable<Conversion<number>, IntegerLayout<number, Order>>(toSmall(bits, signed), {
    ...common(shape),
    read,
    write: (view, offset, value) => {
      if (!Number.isInteger(value)) throw unexpected(value, `${name} (an integer)`);
      if (value < low || value > high) throw outOfRange(value, name, [low, high]);
      store(view, offset, value);
    },
  });
}

/** An integer that is a `bigint`: of 64 bits. */
function big<Order extends ByteOrder>(
  shape: Shape<Order>,
  { read, store }: Access<bigint>,
): CallableInteger<bigint, Order> {
  const { name, signed } = shape;
  const low = signed ? -(2n ** 63n) : 0n;
  const high = 2n ** (signed ? 63n : 64n) - 1n;
  return callable<Conversion<bigint>, IntegerLayout<bigint, Order>>(toBig(signed), {
    ...common(shape),
    read,
    write: (view, offset, value) => {
      if (typeof value !== "bigint") throw notBig(value, name);
      if (value < low || value > high) throw outOfRange(value, name, [low, high]);
      store(view, offset, value);
    },
  });
}

function common<Order extends ByteOrder>(shape: Shape<Order>) {
  const size = shape.bits / 8;
  return { kind: "integer", ...shape, size, alignment: size } as const;
}

function notBig(value: unknown, name: string): ValueError {
  const hint = Number.isSafeInteger(value) ? { hint: `write ${String(value)}n` } : {};
  return unexpected(value, `${name} (a bigint)`, hint);
}

function outOfRange<T extends number | bigint>(
  value: T,
  name: string,
  [low, high]: readonly [low: T, high: T],
): ValueError {
  return new ValueError(`${show(value)} is out of range for ${name} (${low} to ${high})`);
}
