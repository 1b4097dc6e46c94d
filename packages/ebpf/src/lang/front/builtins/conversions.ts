/**
 * Layouts that are called: `u32(x)` converts, `Key({ … })` makes a struct; and JavaScript's own conversions.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import type { AnyLayout, Layout } from "../../../layout/layout.ts";
import type { CallSite } from "../call-site.ts";
import { whenCompiling } from "../when-compiling.ts";
import { extend } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import {
  bigintScalar,
  constant,
  type Entity,
  numberScalar,
  type Pointer,
  type Scalar,
} from "../entity.ts";
import { quotient } from "../expression/arithmetic.ts";
import { conditionValue } from "../expression/value.ts";
import { layoutType } from "../layout-types.ts";
import type { Lowering } from "../lowering.ts";
import { addressOf, type DirectPlace, stackPlace } from "../memory/place.ts";
import { initialize, store } from "../memory/store.ts";
import { storeZeros } from "../memory/bytes.ts";
import { numberOf, toScalar, valueOf } from "../scalar.ts";
import { literalNode } from "../special-literal.ts";
import type { IntegerType, StructType } from "../type.ts";

/** `u32(x)`, `Key({ … })`. */
export function callLayout(site: CallSite, layout: Layout<unknown> & AnyLayout): Entity {
  const type = layoutType(layout);
  if (type.kind === "integer") return convert(site, type);
  if (type.kind === "struct") return makeStruct(site, type);
  return site.fail(`${layout.name} cannot be called`, "only integers and structs can");
}

/** A struct on the stack: what the literal does not say is zero. */
function makeStruct(site: CallSite, type: StructType): Entity {
  const { lowering } = site;
  site.expectArguments(0, 1);
  const place = stackPlace(lowering, type, type.name) as DirectPlace & { type: StructType };
  if (!site.has(0)) {
    storeZeros(lowering, place, 0, type.size);
    return place;
  }
  const given = site.argument(0);
  const literal = literalNode(given);
  if (literal === undefined) store(lowering, place, given, site.argumentNode(0));
  else initialize(lowering, place, literal);
  return place;
}

function convert(site: CallSite, type: IntegerType): Entity {
  site.expectArguments(1);
  const entity = truncated(site);
  if (entity.kind === "constant") return convertConstant(site, entity.value, type);
  const { lowering } = site;
  const node = site.argumentNode(0);
  const value = numberOf(lowering, valueOf(lowering, entity, node), node);
  const bits = value.kind === "pointer" ? addressBits(value) : placeBits(site, value);
  return converted(lowering, bits, type);
}

/** The argument; a quotient of numbers with its fraction cut off. */
function truncated(site: CallSite): Entity {
  return truncatedExpression(site.lowering, site.argumentNode(0));
}

/** What an expression is, of which only the whole part is used. */
export function truncatedExpression(lowering: Lowering, node: Expression): Entity {
  if (node.type === "ParenthesizedExpression")
    return truncatedExpression(lowering, node.expression);
  if (node.type !== "BinaryExpression" || node.operator !== "/") return lowering.expression(node);
  const left = valueOf(lowering, lowering.expression(node.left), node.left);
  const right = valueOf(lowering, lowering.expression(node.right), node.right);
  return lowering.at(node, () => quotient(lowering, { left, right }, node));
}

function addressBits({ operand }: Pointer): Scalar {
  return bigintScalar(operand);
}

function placeBits(site: CallSite, value: Entity): Scalar {
  const isObject =
    value.kind === "place" && (value.type.kind === "struct" || value.type.kind === "array");
  if (!isObject) return toScalar(site.lowering, value, site.argumentNode(0));
  if (value.address.kind === "indexed")
    return site.fail("an element has no address of its own", "take its index as the key");
  return bigintScalar(addressOf(site.lowering, value as DirectPlace));
}

function converted(lowering: Lowering, { operand }: Scalar, type: IntegerType): Scalar {
  const { bits, signed, order } = type;
  const extended = extend(lowering, operand, { bits, signed });
  if (order === "network" && bits !== 8) {
    return { kind: "scalar", type: { kind: "network", bits }, operand: extended };
  }
  return type.value === "bigint" ? bigintScalar(operand, signed) : numberScalar(extended);
}

function convertConstant(site: CallSite, value: unknown, type: IntegerType): Entity {
  const { bits, signed, order } = type;
  const whole = wholeOf(value);
  if (whole === undefined) {
    const what = describeEntity(constant(value));
    const hint = "numbers, bigints and booleans can, of text bpf.strtoul(…)";
    return site.fail(`${what} cannot be converted to ${type.name}`, hint);
  }
  const cut = signed ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole);
  if (order === "network" && bits !== 8) {
    return { kind: "scalar", type: { kind: "network", bits }, operand: BigInt.asIntN(64, cut) };
  }
  if (type.value === "number") return constant(Number(cut));
  // Its sign is known now, which it is not of a literal.
  return bigintScalar(BigInt.asIntN(64, cut), signed);
}

/** What a constant is as a whole number, as layouts convert it. */
function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value !== "number") return undefined;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

// Looked up by what they are, never called.
// oxlint-disable typescript/unbound-method -- they are recognised, not called

/** JavaScript's own conversions. */
export const numberFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [Number, toNumberFunction],
  [BigInt, toBigintFunction],
  [Boolean, (site) => conditionValue(site.lowering, site.argumentNode(0))],
  [BigInt.asUintN, (site) => cutBigint(site, false)],
  [BigInt.asIntN, (site) => cutBigint(site, true)],
]);
// oxlint-enable typescript/unbound-method

const orderHint = "convert it with ntohs(…), ntohl(…) or ntohll(…)";

function toNumberFunction(site: CallSite): Entity {
  site.expectArguments(1);
  const entity = site.argument(0);
  if (entity.kind === "constant") {
    return constant(whenCompiling(site.lowering, site.node, () => Number(entity.value)));
  }
  const { type, operand } = toScalar(site.lowering, entity, site.argumentNode(0));
  if (type.kind === "network")
    return site.fail("Number(…) of an integer in network order", orderHint);
  return numberScalar(operand);
}

function toBigintFunction(site: CallSite): Entity {
  site.expectArguments(1);
  const entity = site.argument(0);
  if (entity.kind === "constant") {
    return constant(whenCompiling(site.lowering, site.node, () => BigInt(entity.value as number)));
  }
  const { type, operand } = toScalar(site.lowering, entity, site.argumentNode(0));
  if (type.kind === "network")
    return site.fail("BigInt(…) of an integer in network order", orderHint);
  return type.kind === "bigint" ? bigintScalar(operand, type.signed) : bigintScalar(operand, true);
}

function cutBigint(site: CallSite, signed: boolean): Entity {
  site.expectArguments(2);
  const { lowering } = site;
  const bits = site.argument(0);
  const wanted = bits.kind === "constant" ? bits.value : undefined;
  if (wanted !== 8 && wanted !== 16 && wanted !== 32 && wanted !== 64) {
    return site.fail("the number of bits must be 8, 16, 32 or 64", "shift and mask for others");
  }
  const { operand } = toScalar(lowering, site.argument(1), site.argumentNode(1));
  return bigintScalar(extend(lowering, operand, { bits: wanted, signed }), signed);
}
