/**
 * Numbers of 32 bits as instructions hold them.
 * @module
 */
import type { Operand } from "../isa/register.ts";

/**
 * The signed number with the same 32 bits, for operations that see no more of it: `0xffffffff` is -1. Others are left
 * as they are, so that `encode` complains about those that do not fit.
 */
export function signedBits(operand: Operand): Operand {
  const unsigned = typeof operand === "number" && operand > 0x7fff_ffff && operand <= 0xffff_ffff;
  return unsigned && Number.isInteger(operand) ? operand | 0 : operand;
}
