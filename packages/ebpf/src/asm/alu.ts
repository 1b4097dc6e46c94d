/**
 * Arithmetic: one function for each operation, and one for its 32-bit form.
 *
 * The second operand is a register or a number of 32 bits, whose sign is extended in 64-bit operations. The 32-bit
 * forms work on the lower halves and clear the upper half of `dst`; they also take numbers up to 2^32 - 1, which are
 * the same bits. RFC 9669 §4.1 and §4.2.
 * @module
 */
import type {
  AluOperation,
  Instruction,
  SignedSize,
  SwapOrder,
  Width,
} from "../isa/instruction.ts";
import type { Operand, Register } from "../isa/register.ts";
import { signedBits } from "./signed-bits.ts";

/** An operation on `dst` and `src`, whose result goes to `dst`. */
export type AluFunction = (dst: Register, src: Operand) => Instruction;

function operation(op: AluOperation, width: Width): AluFunction {
  return (dst, src) =>
    Object.freeze({ kind: "alu", op, width, dst, src: width === 32 ? signedBits(src) : src });
}

/** `dst = src`. */
export const mov: AluFunction = operation("mov", 64);
/** `dst += src`. */
export const add: AluFunction = operation("add", 64);
/** `dst -= src`. */
export const sub: AluFunction = operation("sub", 64);
/** `dst *= src`. */
export const mul: AluFunction = operation("mul", 64);
/** `dst /= src` without signs; 0 when `src` is 0. */
export const div: AluFunction = operation("div", 64);
/** `dst s/= src` with signs, towards zero; 0 when `src` is 0. Minimum kernel 6.6. */
export const sdiv: AluFunction = operation("sdiv", 64);
/** `dst %= src` without signs; `dst` when `src` is 0. */
export const mod: AluFunction = operation("mod", 64);
/** `dst s%= src` with signs, the sign is that of `dst`. Minimum kernel 6.6. */
export const smod: AluFunction = operation("smod", 64);
/** `dst &= src`. */
export const and: AluFunction = operation("and", 64);
/** `dst |= src`. */
export const or: AluFunction = operation("or", 64);
/** `dst ^= src`. */
export const xor: AluFunction = operation("xor", 64);
/** `dst <<= src`. */
export const lsh: AluFunction = operation("lsh", 64);
/** `dst >>= src`, zeros come in. */
export const rsh: AluFunction = operation("rsh", 64);
/** `dst s>>= src`, copies of the sign come in. */
export const arsh: AluFunction = operation("arsh", 64);

/** {@link mov} on the lower halves. */
export const mov32: AluFunction = operation("mov", 32);
/** {@link add} on the lower halves. */
export const add32: AluFunction = operation("add", 32);
/** {@link sub} on the lower halves. */
export const sub32: AluFunction = operation("sub", 32);
/** {@link mul} on the lower halves. */
export const mul32: AluFunction = operation("mul", 32);
/** {@link div} on the lower halves. */
export const div32: AluFunction = operation("div", 32);
/** {@link sdiv} on the lower halves. */
export const sdiv32: AluFunction = operation("sdiv", 32);
/** {@link mod} on the lower halves. */
export const mod32: AluFunction = operation("mod", 32);
/** {@link smod} on the lower halves. */
export const smod32: AluFunction = operation("smod", 32);
/** {@link and} on the lower halves. */
export const and32: AluFunction = operation("and", 32);
/** {@link or} on the lower halves. */
export const or32: AluFunction = operation("or", 32);
/** {@link xor} on the lower halves. */
export const xor32: AluFunction = operation("xor", 32);
/** {@link lsh} on the lower halves. */
export const lsh32: AluFunction = operation("lsh", 32);
/** {@link rsh} on the lower halves. */
export const rsh32: AluFunction = operation("rsh", 32);
/** {@link arsh} on the lower halves. */
export const arsh32: AluFunction = operation("arsh", 32);

/** `dst = -dst`. */
export function neg(dst: Register): Instruction {
  return Object.freeze({ kind: "negate", width: 64, dst });
}

/** {@link neg} on the lower half. */
export function neg32(dst: Register): Instruction {
  return Object.freeze({ kind: "negate", width: 32, dst });
}

/** `dst = (from)src`: the low bits of `src` with their sign extended to 64 bits. Minimum kernel 6.6. */
export function movsx(from: SignedSize, dst: Register, src: Register): Instruction {
  return Object.freeze({ kind: "movsx", width: 64, from, dst, src });
}

/** The same extended to 32 bits, with the upper half zero. Minimum kernel 6.6. */
export function movsx32(from: "s8" | "s16", dst: Register, src: Register): Instruction {
  return Object.freeze({ kind: "movsx", width: 32, from, dst, src });
}

/** Turns the low bits of `dst` round, where its order needs it, and clears the bits above. */
export type SwapFunction = (dst: Register) => Instruction;

function swap(order: SwapOrder, bits: 16 | 32 | 64): SwapFunction {
  return (dst) => Object.freeze({ kind: "byte-swap", order, bits, dst });
}

/** `dst = be16(dst)`: between big endian (network order) and this machine's order. */
export const be16: SwapFunction = swap("be", 16);
/** `dst = be32(dst)`: between big endian (network order) and this machine's order. */
export const be32: SwapFunction = swap("be", 32);
/** `dst = be64(dst)`: between big endian (network order) and this machine's order. */
export const be64: SwapFunction = swap("be", 64);
/** `dst = le16(dst)`: between little endian and this machine's order. */
export const le16: SwapFunction = swap("le", 16);
/** `dst = le32(dst)`: between little endian and this machine's order. */
export const le32: SwapFunction = swap("le", 32);
/** `dst = le64(dst)`: between little endian and this machine's order. */
export const le64: SwapFunction = swap("le", 64);
/** `dst = bswap16(dst)`: the bytes turned round on every machine. Minimum kernel 6.6. */
export const bswap16: SwapFunction = swap("bswap", 16);
/** `dst = bswap32(dst)`: the bytes turned round on every machine. Minimum kernel 6.6. */
export const bswap32: SwapFunction = swap("bswap", 32);
/** `dst = bswap64(dst)`: the bytes turned round on every machine. Minimum kernel 6.6. */
export const bswap64: SwapFunction = swap("bswap", 64);

/**
 * `dst = addr_space_cast(src, to, from)`: an address of an arena as another address space sees it; 0 is the kernel's,
 * 1 the arena's. Minimum kernel 6.9.
 */
export function addrSpaceCast(
  dst: Register,
  src: Register,
  spaces: { readonly to: number; readonly from: number },
): Instruction {
  return Object.freeze({ kind: "addr-space-cast", dst, src, to: spaces.to, from: spaces.from });
}
