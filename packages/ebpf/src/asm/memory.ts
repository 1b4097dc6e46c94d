/**
 * Loads and stores, in the kernel's words: `ldx` to a register, `stx` of a register, `st` of a number.
 *
 * The order of arguments is that of the printed form, from left to right: `stx("u64", r10, -8, r1)` is
 * `*(u64 *)(r10 -8) = r1`. Stacks and kernel structs want aligned access. RFC 9669 §5.1, §5.2 and §5.5.
 * @module
 */
import type { Instruction, SignedSize, Size } from "../isa/instruction.ts";
import type { Register } from "../isa/register.ts";
import { signedBits } from "./signed-bits.ts";

/** `dst = *(size *)(base + offset)`. Signed sizes extend the sign and need Linux 6.6. */
export function ldx(
  size: Size | SignedSize,
  dst: Register,
  base: Register,
  offset: number,
): Instruction {
  return Object.freeze({ kind: "load", size, dst, base, offset });
}

/** `*(size *)(base + offset) = src`, of the low bytes of `src`. */
export function stx(size: Size, base: Register, offset: number, src: Register): Instruction {
  return Object.freeze({ kind: "store", size, base, offset, src });
}

/** `*(size *)(base + offset) = value`; the sign of a 32-bit number is extended to `u64`. */
export function st(size: Size, base: Register, offset: number, value: number): Instruction {
  const src = size === "u64" ? value : signedBits(value);
  return Object.freeze({ kind: "store", size, base, offset, src });
}

/**
 * `r0 = *(size *)skb[offset]`: packet data in this machine's order, with the socket buffer in r6. Ends the program
 * with 0 beyond the packet. For socket filters and traffic control only.
 */
export function ldabs(size: "u8" | "u16" | "u32", offset: number): Instruction {
  return Object.freeze({ kind: "packet-load", size, offset });
}

/** `r0 = *(size *)skb[index + offset]`: {@link ldabs} at a place that the program computes. */
export function ldind(size: "u8" | "u16" | "u32", index: Register, offset = 0): Instruction {
  return Object.freeze({ kind: "packet-load", size, index, offset });
}
