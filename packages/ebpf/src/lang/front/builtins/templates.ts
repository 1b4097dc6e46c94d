/**
 * Tagged templates: `` printk`pid ${pid}` ``, `` seqPrint(meta.seq)`${task.pid}\n` ``.
 * @module
 */
import type { TaggedTemplateExpression } from "@oxc-project/types";
import { printk } from "../../builtins/printk.ts";
import { seqPrint } from "../../builtins/seq-print.ts";
import type { Operand } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { describeEntity } from "../describe.ts";
import { type Entity, type ScalarType, undefinedEntity } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { callHelper } from "../memory/helper-call.ts";
import { addressOf, type DirectPlace, stackPlace } from "../memory/place.ts";
import { textConstant } from "../memory/text-constant.ts";
import { numberOf, toScalar, valueOf } from "../scalar.ts";
import { presentPointer } from "./arguments.ts";
import { valuesInMemory } from "./text-template.ts";

/** A template with a tag. */
export function taggedTemplate(lowering: Lowering, node: TaggedTemplateExpression): Entity {
  const write = writerOf(lowering.expression(node.tag));
  if (write === undefined) {
    const hint = "text is put together with a template alone: `${a}:${b}`";
    return lowering.fail(node.tag, "only printk and seqPrint can be called with a template", hint);
  }
  const parts: string[] = [];
  const operands: Operand[] = [];
  node.quasi.quasis.forEach(({ value }, index) => {
    parts.push((value.cooked ?? "").replaceAll("%", "%%"));
    const expression = node.quasi.expressions[index];
    if (expression === undefined) return;
    const { format, operand } = printed(lowering, expression);
    parts.push(format);
    if (operand !== undefined) operands.push(operand);
  });
  return write(lowering, parts.join(""), operands);
}

/** Prints values in a format. */
type Writer = (lowering: Lowering, text: string, operands: readonly Operand[]) => Entity;

function writerOf(tag: Entity): Writer | undefined {
  if (tag.kind === "constant" && tag.value === printk) return print;
  if (tag.kind !== "special" || !(tag.data instanceof SeqFile)) return undefined;
  const { address } = tag.data;
  return (lowering, text, operands) => printToSeq(lowering, { address, text, operands });
}

/** What an iterator writes to. */
class SeqFile {
  readonly address: Operand;

  constructor(address: Operand) {
    this.address = address;
  }
}

/** Functions that give what templates are printed by. */
export const templateFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([[seqPrint, openSeqFile]]);

function openSeqFile(site: CallSite): Entity {
  site.expectArguments(1);
  const argument = { entity: site.value(0), node: site.argumentNode(0) };
  const { operand } = presentPointer(site.lowering, argument, "the file of an iterator");
  return { kind: "special", description: "what seqPrint gives", data: new SeqFile(operand) };
}

/** How a value is printed; constants are part of the text. */
interface Printed {
  readonly format: string;
  readonly operand?: Operand;
}

function printed(
  lowering: Lowering,
  node: TaggedTemplateExpression["quasi"]["expressions"][number],
): Printed {
  const value = numberOf(lowering, valueOf(lowering, lowering.expression(node), node), node);
  if (value.kind === "constant") return { format: String(value.value).replaceAll("%", "%%") };
  if (value.kind === "pointer") return { format: "%px", operand: value.operand };
  if (value.kind === "scalar") {
    return { format: formats[formatOf(value.type)], operand: value.operand };
  }
  const place = textPlace(lowering, value);
  if (place !== undefined) return { format: "%s", operand: addressOf(lowering, place) };
  const scalar = toScalar(lowering, value, node);
  return lowering.fail(node, `${describeEntity(scalar)} cannot be printed`, "print its fields");
}

function textPlace(lowering: Lowering, value: Entity): DirectPlace | undefined {
  if (value.kind === "pending" && value.type.kind === "text") {
    const place = stackPlace(lowering, value.type, "text");
    value.fill(place);
    return place;
  }
  return value.kind === "place" && value.type.kind === "text" ? (value as DirectPlace) : undefined;
}

const formats = { number: "%lld", signed: "%lld", unsigned: "%llu", boolean: "%d", network: "%x" };

function formatOf(type: ScalarType): keyof typeof formats {
  if (type.kind !== "bigint") return type.kind;
  return type.signed === false ? "unsigned" : "signed";
}

/** bpf_trace_printk takes three values, bpf_trace_vprintk (5.16) an array of them. */
function print(lowering: Lowering, text: string, operands: readonly Operand[]): Entity {
  const format = textConstant(lowering, text);
  const size = BigInt(format.type.size);
  if (operands.length <= 3) {
    callHelper(lowering, "trace_printk", [format, size, ...operands]);
  } else {
    lowering.needsLinux([5, 16], "printing more than 3 values", "print them one after the other");
    callHelper(lowering, "trace_vprintk", [format, size, ...valuesInMemory(lowering, operands)]);
  }
  return undefinedEntity;
}

function printToSeq(
  lowering: Lowering,
  {
    address,
    text,
    operands,
  }: SeqFile & { readonly text: string; readonly operands: readonly Operand[] },
): Entity {
  const format = textConstant(lowering, text);
  const values = valuesInMemory(lowering, operands);
  const given = [address, format, BigInt(format.type.size), ...values];
  callHelper(lowering, "seq_printf", given);
  return undefinedEntity;
}
