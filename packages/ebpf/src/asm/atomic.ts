/**
 * Atomics: changes to memory in one step, seen whole by every CPU.
 *
 * All work on `*(size *)(base + offset)`, of 4 or 8 bytes; the place must be aligned. The plain ones return nothing, the
 * `Fetch` ones leave the old value in `src`. RFC 9669 §5.3; acquire and release are Linux's own.
 * @module
 */
import type { AtomicOperation, Instruction, Size } from "../isa/instruction.ts";
import type { Register } from "../isa/register.ts";

/** A change of the 4 or 8 bytes at `base + offset` by `src`. */
export type AtomicFunction = (
  size: "u32" | "u64",
  base: Register,
  offset: number,
  src: Register,
) => Instruction;

function operation(op: AtomicOperation): AtomicFunction {
  return (size, base, offset, src) =>
    Object.freeze({ kind: "atomic", op, size, base, offset, src });
}

/** `*(size *)(base + offset) += src` in one step. */
export const atomicAdd: AtomicFunction = operation("add");
/** `*(size *)(base + offset) |= src` in one step. Minimum kernel 5.12. */
export const atomicOr: AtomicFunction = operation("or");
/** `*(size *)(base + offset) &= src` in one step. Minimum kernel 5.12. */
export const atomicAnd: AtomicFunction = operation("and");
/** `*(size *)(base + offset) ^= src` in one step. Minimum kernel 5.12. */
export const atomicXor: AtomicFunction = operation("xor");
/** {@link atomicAdd}, and `src` becomes the old value. Minimum kernel 5.12. */
export const atomicFetchAdd: AtomicFunction = operation("fetch_add");
/** {@link atomicOr}, and `src` becomes the old value. Minimum kernel 5.12. */
export const atomicFetchOr: AtomicFunction = operation("fetch_or");
/** {@link atomicAnd}, and `src` becomes the old value. Minimum kernel 5.12. */
export const atomicFetchAnd: AtomicFunction = operation("fetch_and");
/** {@link atomicXor}, and `src` becomes the old value. Minimum kernel 5.12. */
export const atomicFetchXor: AtomicFunction = operation("fetch_xor");
/** Stores `src`, and `src` becomes the old value. Minimum kernel 5.12. */
export const atomicXchg: AtomicFunction = operation("xchg");
/** Stores `src` when memory equals r0; r0 becomes the old value in any case. Minimum kernel 5.12. */
export const atomicCmpxchg: AtomicFunction = operation("cmpxchg");

/** `dst = *(size *)(base + offset)`; what follows in the program happens after it. Minimum kernel 6.15. */
export function loadAcquire(
  size: Size,
  dst: Register,
  base: Register,
  offset: number,
): Instruction {
  return Object.freeze({ kind: "load-acquire", size, dst, base, offset });
}

/** `*(size *)(base + offset) = src`; what precedes in the program happens before it. Minimum kernel 6.15. */
export function storeRelease(
  size: Size,
  base: Register,
  offset: number,
  src: Register,
): Instruction {
  return Object.freeze({ kind: "store-release", size, base, offset, src });
}
