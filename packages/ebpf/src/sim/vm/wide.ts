/**
 * 64-bit multiplication, division and remainder on halves, for compiled programs.
 *
 * Each returns the lower half and leaves the upper one in {@link Wide.high}. Division of numbers below 2^32 is done
 * in place, other divisions through bigints. It does nothing that 32-bit operations of JavaScript can do alone.
 * @module
 */
import type { AluOperation } from "../../isa/instruction.ts";
import { calculate } from "./arithmetic.ts";

/** The operations, with a place for the upper half of their results. */
export class Wide {
  high = 0;
  readonly #value = new BigUint64Array(2);
  readonly #halves: Int32Array = new Int32Array(this.#value.buffer);

  mul(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
    const [a0, a1, b0, b1] = [aLow & 0xffff, aLow >>> 16, bLow & 0xffff, bLow >>> 16];
    const low = a0 * b0;
    const middle = a1 * b0 + (low >>> 16);
    const cross = a0 * b1 + (middle % 0x1_0000);
    const carry = a1 * b1 + Math.floor(middle / 0x1_0000) + Math.floor(cross / 0x1_0000);
    this.high = (carry + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) | 0;
    return Math.imul(aLow, bLow);
  }

  div(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
    if ((aHigh | bHigh) !== 0 || bLow === 0) return this.#slow("div", aLow, aHigh, bLow, bHigh);
    this.high = 0;
    return ((aLow >>> 0) / (bLow >>> 0)) | 0;
  }

  mod(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
    if ((aHigh | bHigh) !== 0 || bLow === 0) return this.#slow("mod", aLow, aHigh, bLow, bHigh);
    this.high = 0;
    return ((aLow >>> 0) % (bLow >>> 0)) | 0;
  }

  sdiv(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
    return this.#slow("sdiv", aLow, aHigh, bLow, bHigh);
  }

  smod(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
    return this.#slow("smod", aLow, aHigh, bLow, bHigh);
  }

  // oxlint-disable-next-line max-params -- numbers alone, so that a division makes no object
  #slow(op: AluOperation, aLow: number, aHigh: number, bLow: number, bHigh: number): number {
    const halves = this.#halves;
    halves[0] = aLow;
    halves[1] = aHigh;
    halves[2] = bLow;
    halves[3] = bHigh;
    this.#value[0] = calculate(op, 64, this.#value[0]!, this.#value[1]!);
    this.high = halves[1]!;
    return halves[0];
  }
}

/** The four bytes of a number turned round. */
export function swap32(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
