/**
 * Integers as machine instructions load and store them: the low bits, in the machine's own order.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";
import { toBig, toSmall, type Convertible } from "./convert.ts";
import type { IntegerLayout } from "./layout.ts";

/** Reads and writes one kind of integer. */
export interface MachineInteger {
  readonly get: (view: DataView, offset: number) => number | bigint;
  /** Stores the low bits of the value. */
  readonly set: (view: DataView, offset: number, value: Convertible) => void;
}

/** How the machine reads and writes it: in its own order, whatever the layout says. */
export function machineInteger({ bits, signed }: IntegerLayout<number | bigint>): MachineInteger {
  return machineIntegers[bits](signed);
}

const machineIntegers: {
  readonly [Bits in 8 | 16 | 32 | 64]: (signed: boolean) => MachineInteger;
} = {
  8: (signed) => ({
    get: (view, offset) => (signed ? view.getInt8(offset) : view.getUint8(offset)),
    set: (view, offset, value) => view.setUint8(offset, toUnsigned(value)),
  }),
  16: (signed) => ({
    get: (view, offset) =>
      signed ? view.getInt16(offset, littleEndian) : view.getUint16(offset, littleEndian),
    set: (view, offset, value) => view.setUint16(offset, toUnsigned(value), littleEndian),
  }),
  32: (signed) => ({
    get: (view, offset) =>
      signed ? view.getInt32(offset, littleEndian) : view.getUint32(offset, littleEndian),
    set: (view, offset, value) => view.setUint32(offset, toUnsigned(value), littleEndian),
  }),
  64: (signed) => ({
    get: (view, offset) =>
      signed ? view.getBigInt64(offset, littleEndian) : view.getBigUint64(offset, littleEndian),
    set: (view, offset, value) => view.setBigUint64(offset, toUnsignedBig(value), littleEndian),
  }),
};

const toUnsigned = toSmall(32, false);
const toUnsignedBig = toBig(false);
