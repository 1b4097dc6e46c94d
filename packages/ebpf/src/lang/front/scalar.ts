/**
 * From entities to values in registers, and to what a place of a given type takes.
 * @module
 */
import { BpfError } from "../../base/errors.ts";
import type { Operand } from "../ir/operation.ts";
import { describeEntity } from "./describe.ts";
import type { SourceRange } from "./diagnostics.ts";
import {
  bigintScalar,
  booleanScalar,
  type Entity,
  numberScalar,
  type Pointer,
  type Scalar,
  type ScalarType,
} from "./entity.ts";
import type { Lowering } from "./lowering.ts";
import { load } from "./memory/load.ts";
import { pointeePlace } from "./memory/place.ts";
import { assertPresent } from "./memory/present.ts";
import { readWord } from "./scalar-words.ts";
import type { BoolType, IntegerType, PointerType } from "./type.ts";

/** The value of an expression: what lies in memory and fits a register is loaded, all else stays what it is. */
export function valueOf(lowering: Lowering, entity: Entity, node: SourceRange): Entity {
  return entity.kind === "place" ? load(lowering, entity, node) : entity;
}

/** The value of an expression, which has to be a number, a bigint or a boolean. */
export function toScalar(lowering: Lowering, entity: Entity, node: SourceRange): Scalar {
  const value = numberOf(lowering, valueOf(lowering, entity, node), node);
  if (value.kind === "scalar") return value;
  if (value.kind === "constant") return constantScalar(lowering, value.value, node);
  const what = describeEntity(value);
  return lowering.fail(node, `${what} is not a number, bigint or boolean`, scalarHint(value));
}

function scalarHint(value: Entity): string {
  if (value.kind === "pointer") return pointerHint(value);
  if (value.kind !== "method") return "only numbers, bigints and booleans fit a register";
  const isCount = value.name === "size" || value.name === "length";
  if (!isCount) return `if there is such a method, call it: ${value.name}(…)`;
  return value.receiver.kind === "constant"
    ? "maps do not tell how many elements they have; count them in a variable: global(…)"
    : "how long it is, is not known when compiling";
}

/** The number that a reference stands for; anything else as it is. */
export function numberOf(lowering: Lowering, value: Entity, node: SourceRange): Entity {
  if (value.kind !== "pointer" || value.type.standsForValue !== true) return value;
  assertPresent(lowering, value, node);
  return load(lowering, pointeePlace(lowering, value), node);
}

function pointerHint({ type }: Pointer): string {
  if (type.target.kind === "integer" || type.target.kind === "bool") return "its value is .value";
  return "its address as a number is u64(…)";
}

/** A constant in a register. */
export function constantScalar(lowering: Lowering, value: unknown, node: SourceRange): Scalar {
  if (typeof value === "boolean") return booleanScalar(value ? 1n : 0n);
  if (typeof value === "bigint") return bigintScalar(bits64(lowering, value, node), "open");
  if (typeof value === "number") return numberScalar(wholeNumber(lowering, value, node));
  const what = describeEntity({ kind: "constant", value });
  const hint = constantHint(value);
  return lowering.fail(node, `${what} is not a number, bigint or boolean`, hint);
}

function constantHint(value: unknown): string {
  if (typeof value === "string") return "text is assigned to fields of chars(…), and compared";
  if (value === undefined || value === null) return "give a value, or check for it with if";
  return "only numbers, bigints and booleans fit a register";
}

const smallerHint = "write a smaller number, or cut it: BigInt.asUintN(64, x)";

function wholeNumber(lowering: Lowering, value: number, node: SourceRange): bigint {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return BigInt(value);
  if (Number.isInteger(value))
    return lowering.fail(node, `${value} does not fit 64 bits`, smallerHint);
  const hint = Number.isFinite(value)
    ? "cut off its fraction with Math.trunc(…)"
    : "look at what it is computed from when the program is compiled";
  return lowering.fail(node, `${value} is not a whole number, and BPF has no others`, hint);
}

function bits64(lowering: Lowering, value: bigint, node: SourceRange): bigint {
  if (value >= -(2n ** 63n) && value < 2n ** 64n) return BigInt.asIntN(64, value);
  return lowering.fail(node, `${value}n does not fit 64 bits`, smallerHint);
}

/** A value as a number. Booleans are none, as in TypeScript. */
export function toNumber(lowering: Lowering, entity: Entity, node: SourceRange): Operand {
  const scalar = toScalar(lowering, entity, node);
  if (scalar.type.kind === "number") return scalar.operand;
  const what = describeEntity(entity.kind === "constant" ? entity : scalar);
  return lowering.fail(node, `${what} is used where a number is needed`, numberHint(scalar.type));
}

function numberHint(type: ScalarType): string {
  if (type.kind === "network") return `turn it into host order with ntoh${networkLetter(type)}(…)`;
  return type.kind === "bigint" ? "convert it with u32(…) or Number(…)" : "write x ? 1 : 0";
}

/** The letter that names of byte order functions end in. */
export function networkLetter({ bits }: { readonly bits: 16 | 32 | 64 }): string {
  return { 16: "s", 32: "l", 64: "ll" }[bits];
}

/** A value as 64 bits for a helper or kernel function: a number, a bigint, a boolean, or an address. */
export function toRegister(lowering: Lowering, entity: Entity, node: SourceRange): Operand {
  const value = numberOf(lowering, valueOf(lowering, entity, node), node);
  if (value.kind === "pointer") return value.operand;
  if (value.kind === "special" && value.operand !== undefined) return value.operand;
  if (value.kind === "constant" && (value.value === undefined || value.value === null)) return 0n;
  return toScalar(lowering, value, node).operand;
}

/** A value as bits for a place of this type. What TypeScript would refuse there is refused. */
export function toBitsOf(
  lowering: Lowering,
  entity: Entity,
  type: IntegerType | BoolType | PointerType,
  node: SourceRange,
): Operand {
  if (entity.kind === "constant" && type.layout !== undefined) {
    const known = constantBits(lowering, entity.value, type, node);
    if (known !== undefined) return known;
  }
  if (type.kind === "pointer") return toRegister(lowering, entity, node);
  const scalar = toScalar(lowering, entity, node);
  if (accepts(type, scalar)) return scalar.operand;
  const what = describeEntity(entity.kind === "constant" ? entity : scalar);
  return lowering.fail(node, `${what} cannot be stored as ${type.name}`, storeHint(type, scalar));
}

/** Constants are stored as their layout stores them, with its checks: a name of an enumeration, an address as text. */
function constantBits(
  lowering: Lowering,
  value: unknown,
  type: IntegerType | BoolType | PointerType,
  node: SourceRange,
): Operand | undefined {
  const { layout } = type;
  if (layout === undefined || value === undefined || value === null) return undefined;
  const bytes = encodeConstant(lowering, value, layout, node);
  return readWord(bytes, 0, type.size, type.kind === "integer" && type.signed);
}

/** The bytes of a constant as a layout stores it; what it refuses is an error at `node`. */
export function encodeConstant(
  lowering: Lowering,
  value: unknown,
  layout: NonNullable<IntegerType["layout"]>,
  node: SourceRange,
): Uint8Array {
  const bytes = new Uint8Array(layout.size);
  try {
    layout.write(new DataView(bytes.buffer), 0, value);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    lowering.fail(node, error.message, error.hint ?? `give a value that fits ${layout.name}`);
  }
  return bytes;
}

function accepts(type: IntegerType | BoolType, { type: given, operand }: Scalar): boolean {
  if (type.kind === "bool") return given.kind === "boolean";
  if (type.order === "network" && type.bits !== 8) {
    return (given.kind === "network" && given.bits === type.bits) || operand === 0n;
  }
  if (type.value === "number") return given.kind === "number";
  const signs = given.kind === "bigint" ? given.signed : null;
  return signs === undefined || signs === type.signed;
}

function storeHint(type: IntegerType | BoolType, { type: given }: Scalar): string {
  if (type.kind === "bool") return "compare it: x !== 0";
  if (type.order === "network" && type.bits !== 8) {
    return `turn it into network order with hton${networkLetter({ bits: type.bits })}(…)`;
  }
  if (given.kind === "network")
    return `turn it into host order with ntoh${networkLetter(given)}(…)`;
  if (given.kind === "boolean") return "write x ? 1 : 0";
  return `convert it with ${conversionTo(type)}(…)`;
}

function conversionTo({ value, signed, bits }: IntegerType): string {
  return value === "number" && bits === 64 ? "Number" : `${signed ? "s" : "u"}${bits}`;
}
