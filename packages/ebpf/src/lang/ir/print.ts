/**
 * The intermediate representation as text, for people and for golden tests.
 *
 * A value prints as `%3`, or `%3.name` where it is a state of a variable; a block as `b2(%5.i):`; comments after `;`
 * name the line of the source where it changes.
 * @module
 */
import type { Block, IrFunction, Successor, Terminator } from "./function.ts";
import type { Callee, Operand, Operation, OperationKind } from "./operation.ts";
import type { CoreField, CoreRelocation } from "../../spec/core-relocation.ts";
import { resultOf } from "./uses.ts";

/** The function as text, one line for each operation. */
export function printFunction(fn: IrFunction): string {
  const [entry] = fn.blocks;
  const head = `function ${fn.name}(${(entry?.parameters ?? []).map((value) => name(fn, value)).join(", ")})`;
  const slots = fn.slots.map(
    ({ id, name, size, alignment }) =>
      `  slot ${id} ${name}: ${size} bytes, aligned to ${alignment}`,
  );
  return [head, ...slots, ...fn.blocks.map((block) => printBlock(fn, block))].join("\n");
}

function printBlock(fn: IrFunction, block: Block): string {
  const parameters = block.parameters.map((value) => name(fn, value)).join(", ");
  const lines = block.operations.map((operation) =>
    withSource(printOperation(fn, operation), operation),
  );
  const end = withSource(printTerminator(fn, block.terminator), block.terminator);
  return [`b${block.id}(${parameters}):`, ...lines, end].join("\n");
}

/** One operation as text. */
export function printOperation(fn: IrFunction, operation: Operation): string {
  const print = printers[operation.kind] as (operation: Operation, show: Show) => string;
  const result = resultOf(operation);
  const text = print(operation, (operand) => name(fn, operand));
  return result === undefined ? text : `${name(fn, result)} = ${text}`;
}

type Show = (operand: Operand) => string;

type Printers = {
  readonly [Kind in OperationKind]: (
    operation: Extract<Operation, { kind: Kind }>,
    show: Show,
  ) => string;
};

const printers: Printers = {
  binary: ({ op, width, left, right }, show) => `${op}${width} ${show(left)}, ${show(right)}`,
  negate: ({ width, operand }, show) => `negate${width} ${show(operand)}`,
  swap: ({ order, bits, operand }, show) => `swap.${order}${bits} ${show(operand)}`,
  extend: ({ signed, bits, operand }, show) =>
    `${signed ? "sign" : "zero"}-extend${bits} ${show(operand)}`,
  "slot-address": ({ slot, offset }) => `address slot ${slot.id} + ${offset}`,
  "map-address": ({ map }) => `address map ${map}`,
  "map-value-address": ({ map, offset }) => `address value of ${map} + ${offset}`,
  "function-address": ({ function: name }) => `address function ${name}`,
  load: ({ base, offset, bytes, signed, memory, core }, show) =>
    `load ${sizeName(bytes, signed)} ${show(base)} + ${offset} (${memory}${coreNote(core)})`,
  store: ({ base, offset, bytes, stored, memory, core }, show) =>
    `store ${sizeName(bytes)} ${show(base)} + ${offset}, ${show(stored)} (${memory}${coreNote(core)})`,
  "load-slot": ({ slot, offset, bytes, signed }) =>
    `load ${sizeName(bytes, signed)} slot ${slot.id} + ${offset}`,
  "store-slot": ({ slot, offset, bytes, stored }, show) =>
    `store ${sizeName(bytes)} slot ${slot.id} + ${offset}, ${show(stored)}`,
  atomic: ({ op, bytes, base, offset, operand, expected }, show) => {
    const place = `${sizeName(bytes)} ${show(base)} + ${offset}`;
    const condition = expected === undefined ? "" : `, expecting ${show(expected)}`;
    return `atomic ${op} ${place}, ${show(operand)}${condition}`;
  },
  call: ({ callee, arguments: given }, show) =>
    `call ${calleeName(callee)}(${given.map(show).join(", ")})`,
  "core-constant": ({ core, value }) => `core ${coreText(core)} (here ${value})`,
};

function printTerminator(fn: IrFunction, terminator: Terminator): string {
  const print = terminatorPrinters[terminator.kind] as (end: Terminator, show: Show) => string;
  return print(terminator, (operand) => name(fn, operand));
}

type TerminatorPrinters = {
  readonly [Kind in Terminator["kind"]]: (
    terminator: Extract<Terminator, { kind: Kind }>,
    show: Show,
  ) => string;
};

const terminatorPrinters: TerminatorPrinters = {
  jump: ({ to }, show) => `jump ${edge(to, show)}`,
  branch: ({ op, width, left, right, then, else: otherwise }, show) => {
    const condition = `${op}${width} ${show(left)}, ${show(right)}`;
    return `if ${condition} then ${edge(then, show)} else ${edge(otherwise, show)}`;
  },
  return: ({ result }, show) => (result === undefined ? "return" : `return ${show(result)}`),
  unfinished: () => "unfinished",
};

function edge({ block, arguments: given }: Successor, show: Show): string {
  return `b${block.id}(${given.map(show).join(", ")})`;
}

function name(fn: IrFunction, operand: Operand): string {
  if (typeof operand === "bigint") return String(operand);
  const note = fn.values[operand]?.name;
  return note === undefined ? `%${operand}` : `%${operand}.${note}`;
}

function sizeName(bytes: number, signed = false): string {
  return `${signed ? "s" : "u"}${8 * bytes}`;
}

function calleeName(callee: Callee): string {
  return callee.kind === "local" ? callee.name : `${callee.kind} ${callee.name}`;
}

function coreNote(core: CoreField | undefined): string {
  return core === undefined ? "" : `, ${fieldText(core)}`;
}

function fieldText({ struct, path }: CoreField): string {
  return [struct, ...path].join(".");
}

function coreText(core: CoreRelocation): string {
  if ("field" in core) return `${core.kind} ${fieldText(core.field)}`;
  return `${core.kind} ${core.type}${"name" in core ? `.${core.name}` : ""}`;
}

function withSource(text: string, { source }: { source?: { line: number } | undefined }): string {
  return source === undefined ? `  ${text}` : `  ${text.padEnd(60)} ; line ${source.line}`;
}
