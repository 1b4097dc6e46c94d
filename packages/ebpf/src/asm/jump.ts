/**
 * Jumps: to a label, or over a number of slots.
 *
 * A number counts slots from the instruction after the jump, where a wide load is two; a label is what people mean.
 * Comparisons with a number extend its sign to 64 bits; the 32-bit forms compare the lower halves, need Linux 5.1,
 * and also take numbers up to 2^32 - 1. RFC 9669 §4.3.
 * @module
 */
import type { Comparison, Instruction, Target, Width } from "../isa/instruction.ts";
import type { Operand, Register } from "../isa/register.ts";
import { signedBits } from "./signed-bits.ts";

/** `goto target`, at most 32767 slots away. */
export function ja(target: Target): Instruction {
  return Object.freeze({ kind: "jump", target });
}

/** `gotol target`: the same without a limit. Minimum kernel 6.6. */
export function gotol(target: Target): Instruction {
  return Object.freeze({ kind: "long-jump", target });
}

/** `may_goto target`: leaves a loop that has run too often. Minimum kernel 6.9. */
export function mayGoto(target: Target): Instruction {
  return Object.freeze({ kind: "may-goto", target });
}

/** A jump to `target` when the comparison of `dst` with `src` holds. */
export type JumpFunction = (dst: Register, src: Operand, target: Target) => Instruction;

function comparison(op: Comparison, width: Width): JumpFunction {
  return (dst, src, target) =>
    Object.freeze({
      kind: "jump-if",
      op,
      width,
      dst,
      src: width === 32 ? signedBits(src) : src,
      target,
    });
}

/** `if dst == src goto target`. */
export const jeq: JumpFunction = comparison("eq", 64);
/** `if dst != src goto target`. */
export const jne: JumpFunction = comparison("ne", 64);
/** `if dst & src goto target`, when they have a bit in common. */
export const jset: JumpFunction = comparison("set", 64);
/** `if dst > src goto target`, without signs. */
export const jgt: JumpFunction = comparison("gt", 64);
/** `if dst >= src goto target`, without signs. */
export const jge: JumpFunction = comparison("ge", 64);
/** `if dst < src goto target`, without signs. Minimum kernel 4.14. */
export const jlt: JumpFunction = comparison("lt", 64);
/** `if dst <= src goto target`, without signs. Minimum kernel 4.14. */
export const jle: JumpFunction = comparison("le", 64);
/** `if dst s> src goto target`, with signs. */
export const jsgt: JumpFunction = comparison("sgt", 64);
/** `if dst s>= src goto target`, with signs. */
export const jsge: JumpFunction = comparison("sge", 64);
/** `if dst s< src goto target`, with signs. Minimum kernel 4.14. */
export const jslt: JumpFunction = comparison("slt", 64);
/** `if dst s<= src goto target`, with signs. Minimum kernel 4.14. */
export const jsle: JumpFunction = comparison("sle", 64);

/** {@link jeq} of the lower halves. */
export const jeq32: JumpFunction = comparison("eq", 32);
/** {@link jne} of the lower halves. */
export const jne32: JumpFunction = comparison("ne", 32);
/** {@link jset} of the lower halves. */
export const jset32: JumpFunction = comparison("set", 32);
/** {@link jgt} of the lower halves. */
export const jgt32: JumpFunction = comparison("gt", 32);
/** {@link jge} of the lower halves. */
export const jge32: JumpFunction = comparison("ge", 32);
/** {@link jlt} of the lower halves. */
export const jlt32: JumpFunction = comparison("lt", 32);
/** {@link jle} of the lower halves. */
export const jle32: JumpFunction = comparison("le", 32);
/** {@link jsgt} of the lower halves. */
export const jsgt32: JumpFunction = comparison("sgt", 32);
/** {@link jsge} of the lower halves. */
export const jsge32: JumpFunction = comparison("sge", 32);
/** {@link jslt} of the lower halves. */
export const jslt32: JumpFunction = comparison("slt", 32);
/** {@link jsle} of the lower halves. */
export const jsle32: JumpFunction = comparison("sle", 32);
