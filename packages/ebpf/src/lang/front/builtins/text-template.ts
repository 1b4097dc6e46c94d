/**
 * Text put together of values: `` e.name = `${pid}:${comm}` ``.
 *
 * `bpf_snprintf` writes it to where it is assigned, and cuts off what finds no room. The format is a constant that the
 * helper wants in a frozen map, so that one is made for it.
 * @module
 */
import type { TemplateLiteral } from "@oxc-project/types";
import { chars } from "../../../layout/chars.ts";
import { config } from "../../../spec/global-spec.ts";
import type { Operand } from "../../ir/operation.ts";
import { describeEntity } from "../describe.ts";
import { type Entity, type PendingValue, regions, type ScalarType } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { copyBytes, storeWord, storeZeros } from "../memory/bytes.ts";
import { type CallArgument, callHelper } from "../memory/helper-call.ts";
import { addressOf, type DirectPlace, stackPlace } from "../memory/place.ts";
import { settle } from "../memory/settle.ts";
import { isText } from "../memory/text.ts";
import { toScalar, valueOf } from "../scalar.ts";
import { type TextType, voidType } from "../type.ts";
import type { Argument } from "./arguments.ts";
import { globalPlace } from "./globals.ts";

/** A template without a tag, some of whose values are only known when the program runs. */
export function textTemplate(
  lowering: Lowering,
  node: TemplateLiteral,
  values: readonly Entity[],
): PendingValue {
  const hint = "send the parts in an event, and put them together in user space";
  lowering.at(node, () => lowering.needsLinux([5, 13], "putting text together", hint));
  const parts = values.map((entity, index) =>
    partOf(lowering, { entity, node: node.expressions[index]! }),
  );
  const format = node.quasis
    .map(({ value }, index) => `${escaped(value.cooked ?? "")}${parts[index]?.format ?? ""}`)
    .join("");
  const most = [...parts, ...node.quasis].reduce((sum, part) => sum + lengthOf(part), 1);
  const type = textType(Math.min(most, longest));
  const fill = (place: Entity): void =>
    lowering.at(node, () => write(lowering, place as DirectPlace, { format, parts }));
  return { kind: "pending", type, fill, fits: (other) => other.kind === "text" };
}

/** What a text gets on the stack where nothing says how long it may be, at most. */
const longest = 128;

function textType(size: number): TextType {
  return { kind: "text", name: `char[${size}]`, size, alignment: 1 };
}

/** One value of the text. */
interface Part {
  readonly format: string;
  /** What is printed by the format, for constants nothing. */
  readonly value?: Operand | DirectPlace;
  /** Most bytes it takes. */
  readonly length: number;
}

function lengthOf(part: Part | TemplateLiteral["quasis"][number]): number {
  return "length" in part ? part.length : encoder.encode(part.value.cooked ?? "").length;
}

const encoder = new TextEncoder();

function escaped(text: string): string {
  return text.replaceAll("%", "%%");
}

function partOf(lowering: Lowering, { entity, node }: Argument): Part {
  const value = settle(lowering, valueOf(lowering, entity, node));
  if (value.kind === "constant") {
    const text = String(value.value);
    return { format: escaped(text), length: encoder.encode(text).length };
  }
  if (isText(value)) {
    return { format: "%s", value: value as DirectPlace, length: value.type.size - 1 };
  }
  if (value.kind === "pointer") {
    return lowering.fail(node, `${describeEntity(value)} is no text`, "name one of its fields");
  }
  const { type, operand } = toScalar(lowering, value, node);
  const format = formatOf(type);
  if (format !== undefined) return { format, value: operand, length: 20 };
  const hint =
    type.kind === "boolean" ? 'write x ? "yes" : "no" with if' : "turn it into host order before";
  return lowering.fail(node, `${describeEntity(value)} cannot be put into text`, hint);
}

function formatOf(type: ScalarType): string | undefined {
  if (type.kind === "number") return "%lld";
  if (type.kind !== "bigint") return undefined;
  return type.signed === false ? "%llu" : "%lld";
}

interface Text {
  readonly format: string;
  readonly parts: readonly Part[];
}

function write(lowering: Lowering, place: DirectPlace, { format, parts }: Text): void {
  const given = parts.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const operands = given.map((value) =>
    typeof value === "object" ? addressOf(lowering, apart(lowering, value, place)) : value,
  );
  if (place.region === regions.stack) storeZeros(lowering, place, 0, place.type.size);
  const text = formatPlace(lowering, format);
  const size = BigInt(place.type.size);
  callHelper(lowering, "snprintf", [place, size, text, ...valuesInMemory(lowering, operands)]);
}

/** Text that may lie where it would be overwritten while it is read, as a copy. */
function apart(lowering: Lowering, text: DirectPlace, place: DirectPlace): DirectPlace {
  if (text.region !== place.region) return text;
  const copy = stackPlace(lowering, text.type, "text");
  copyBytes(lowering, { from: text, to: copy, bytes: text.type.size });
  return copy;
}

/** The format in a frozen map of its own; the same text is in the same map. */
function formatPlace(lowering: Lowering, format: string): DirectPlace {
  const size = encoder.encode(format).length + 1;
  const spec = config(`text_${hash(format)}`, chars(size), format);
  return globalPlace(lowering, spec) as DirectPlace;
}

/** FNV-1a, 32 bits, as text. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of encoder.encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}

/** An array of values on the stack, and its size, as helpers that print take them. */
export function valuesInMemory(lowering: Lowering, operands: readonly Operand[]): CallArgument[] {
  if (operands.length === 0) return [0n, 0n];
  const bytes = 8 * operands.length;
  const values = stackPlace(lowering, { ...voidType, size: bytes, alignment: 8 }, "values");
  operands.forEach((stored, index) =>
    storeWord(lowering, values, { offset: 8 * index, bytes: 8, stored }),
  );
  return [values, BigInt(bytes)];
}
