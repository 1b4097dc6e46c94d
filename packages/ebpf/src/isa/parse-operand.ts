/**
 * Parts that instructions in text have in common: operands, sizes, places in memory, targets, operators.
 *
 * Each function takes its part from a scanner, or complains about what is there instead.
 * @module
 */
import type { SignedSize, Size, Target, Width } from "./instruction.ts";
import * as bits from "./opcode.ts";
import type { Operand, Register } from "./register.ts";
import type { Scanner } from "./scanner.ts";

/** Lowest number of 32 bits with a sign. */
export const minInt: number = -(2 ** 31);
/** Highest number of 32 bits with a sign. */
export const maxInt: number = 2 ** 31 - 1;
/** Highest number of 32 bits without a sign. */
export const maxUnsigned = 0xffff_ffff;

/** Operations of a table by the sign that stands for them in text. */
export function bySymbol<Op extends string>(table: {
  readonly [K in Op]: { readonly symbol: string };
}): ReadonlyMap<string, Op> {
  return new Map(Object.keys(table).map((op) => [table[op as Op].symbol, op as Op]));
}

/**
 * A register of this width, or a number of 32 bits.
 * @throws {MalformedError} when something else is next.
 */
export function parseOperand(scanner: Scanner, width: Width): Operand {
  return scanner.take(/(?=[rw]\d)/y) ? scanner.register(width) : scanner.integer(minInt, maxInt);
}

/**
 * A number with its sign before it.
 * @throws {MalformedError} when something else is next.
 */
export function parseSigned(scanner: Scanner, min: number, max: number): number {
  if (!scanner.take(/(?=[-+])/y)) throw scanner.expected("+ or - and a number");
  return scanner.integer(min, max);
}

/**
 * A size as a cast: `(u64 *)`.
 * @throws {MalformedError} when something else is next.
 */
export function parseCast(scanner: Scanner): Size | SignedSize {
  scanner.expect("(");
  const at = scanner.column - 1;
  const size = scanner.name() ?? "";
  if (!Object.hasOwn(bits.sizes, size) && !isSignedSize(size)) {
    throw scanner.fail(`expected a size such as u64, not "${size}"`, {}, at);
  }
  scanner.expect("*", ")");
  return size as Size | SignedSize;
}

/**
 * A size as a cast where no sign can be extended.
 * @throws {MalformedError} when something else is next.
 */
export function parseUnsignedCast(scanner: Scanner): Size {
  const at = scanner.column - 1;
  const size = parseCast(scanner);
  if (!isSignedSize(size)) return size;
  throw scanner.fail("only a load extends the sign", { hint: `use u${size.slice(1)}` }, at);
}

/** Whether `name` is the size of a load that extends the sign. */
export function isSignedSize(name: string): name is SignedSize {
  return Object.hasOwn(bits.signedSizes, name);
}

/**
 * A place in memory: `(r6 +16)`.
 * @throws {MalformedError} when something else is next.
 */
export function parsePlace(scanner: Scanner): { readonly base: Register; readonly offset: number } {
  scanner.expect("(");
  const base = scanner.register();
  const offset = parseSigned(scanner, -0x8000, 0x7fff);
  scanner.expect(")");
  return { base, offset };
}

/**
 * Where a jump or call goes: `pc+3` or a label.
 * @throws {MalformedError} when something else is next.
 */
export function parseTarget(scanner: Scanner): Target {
  if (scanner.take(/pc(?=\s*[-+])/y)) return parseSigned(scanner, minInt, maxInt);
  const name = scanner.name();
  if (name === undefined) throw scanner.expected("pc+ and a number, or a label");
  return name;
}
