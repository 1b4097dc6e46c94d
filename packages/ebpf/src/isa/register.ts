/**
 * Registers: the eleven that a program has.
 *
 * A register is its name, so that it can never be taken for a number: `mov(r6, r1)` copies, `mov(r6, 1)` sets.
 * Which registers an instruction may use is the verifier's business and not told here.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";

const names = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10"] as const;

/** Name of a register. */
export type Register = (typeof names)[number];

/** What an arithmetic, jump or store instruction takes: a register or a signed 32-bit number. */
export type Operand = Register | number;

/** Result of calls and of the program; the value compared by `cmpxchg`. Calls overwrite it. */
export const r0 = "r0";
/** First argument of a call; the context when a program starts. Calls overwrite it. */
export const r1 = "r1";
/** Second argument of a call. Calls overwrite it. */
export const r2 = "r2";
/** Third argument of a call. Calls overwrite it. */
export const r3 = "r3";
/** Fourth argument of a call. Calls overwrite it. */
export const r4 = "r4";
/** Fifth argument of a call. Calls overwrite it. */
export const r5 = "r5";
/** Kept across calls. */
export const r6 = "r6";
/** Kept across calls. */
export const r7 = "r7";
/** Kept across calls. */
export const r8 = "r8";
/** Kept across calls. */
export const r9 = "r9";
/** Frame pointer: one past the end of the 512 bytes of stack. Read-only. */
export const r10 = "r10";

/** Every register, at its number. */
export const registers: readonly Register[] = names;

const numbers: ReadonlyMap<string, number> = new Map(names.map((name, number) => [name, number]));

/**
 * Number of a register, 0 to 10.
 * @throws {InvalidArgumentError} when there is no such register.
 */
export function registerNumber(register: Register): number {
  const number = numbers.get(register);
  if (number !== undefined) return number;
  throw new InvalidArgumentError(`no register ${JSON.stringify(register)}`, {
    hint: "registers are r0 to r10",
  });
}

/** Whether `value` is a register. */
export function isRegister(value: unknown): value is Register {
  return numbers.has(value as string);
}
