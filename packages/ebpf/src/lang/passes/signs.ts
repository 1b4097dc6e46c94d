/**
 * Leaves out the sign of numbers that are only read in their low bits, so that they need not be extended.
 *
 * Fields such as `pid_t` have a sign, and are mostly stored in 32 bits again or compared with numbers of the same
 * size; the lower halves alone decide such comparisons. A number that is read in full anywhere stays as it is: what is
 * checked and what is used must be the same register.
 * @module
 */
import { type Branch, type IrFunction, successors } from "../ir/function.ts";
import type { Operand, Operation, Value } from "../ir/operation.ts";
import { operandsOf } from "../ir/uses.ts";
import { applyReplacements, findDefinitions } from "./rewriting.ts";

/** Drops signs nobody looks at. Comparisons become those of 32 bits, which need version 3 of the instruction set. */
export function dropSigns(fn: IrFunction): boolean {
  const definitions = findDefinitions(fn);
  const isInt32 = (operand: Operand): boolean =>
    typeof operand === "bigint"
      ? BigInt.asIntN(32, operand) === operand
      : fitsInt32(definitions.get(operand));
  const reads = readBits(fn, ({ left, right }) => isInt32(left) && isInt32(right));
  const dropped = new Set<Operand>();
  const replacements = new Map<Value, Operand>();
  for (const [value, definition] of definitions) {
    if (!isExtending(definition) || !definition.signed) continue;
    if ((reads.get(value) ?? 64) > bitsOf(definition)) continue;
    dropped.add(value);
    if (definition.kind === "extend") replacements.set(value, definition.operand);
    else definition.signed = false;
  }
  for (const { terminator } of fn.blocks) {
    if (terminator.kind !== "branch") continue;
    if (dropped.has(terminator.left) || dropped.has(terminator.right)) terminator.width = 32;
  }
  return applyReplacements(fn, replacements) || dropped.size > 0;
}

type Extending = Extract<Operation, { readonly signed: boolean }>;

function isExtending(operation: Operation | undefined): operation is Extending {
  return operation !== undefined && "signed" in operation;
}

/** How many bits are extended. */
function bitsOf(operation: Extending): number {
  return operation.kind === "extend" ? operation.bits : 8 * operation.bytes;
}

/** Whether what an operation gives is a number of 32 bits with its sign. */
function fitsInt32(definition: Operation | undefined): boolean {
  if (!isExtending(definition)) return false;
  return bitsOf(definition) <= (definition.signed ? 32 : 31);
}

/** How many low bits of each value are read at most; all of what is passed on. */
function readBits(fn: IrFunction, isNarrow: (branch: Branch) => boolean): Map<Value, number> {
  const reads = new Map<Value, number>();
  const note = (bits: number, operands: readonly (Operand | undefined)[]): void => {
    for (const operand of operands) {
      if (typeof operand !== "number") continue;
      reads.set(operand, Math.max(bits, reads.get(operand) ?? 0));
    }
  };
  for (const { operations, terminator } of fn.blocks) {
    for (const operation of operations) noteOperation(operation, note);
    if (terminator.kind === "return") note(64, [terminator.result]);
    if (terminator.kind === "branch") {
      const bits = terminator.width === 32 || isNarrow(terminator) ? 32 : 64;
      note(bits, [terminator.left, terminator.right]);
    }
    for (const edge of successors(terminator)) note(64, edge.arguments);
  }
  return reads;
}

type Note = (bits: number, operands: readonly (Operand | undefined)[]) => void;

function noteOperation(operation: Operation, note: Note): void {
  switch (operation.kind) {
    case "store":
      note(64, [operation.base]);
      return note(8 * operation.bytes, [operation.stored]);
    case "store-slot":
      return note(8 * operation.bytes, [operation.stored]);
    case "extend":
    case "swap":
      return note(operation.bits, [operation.operand]);
    case "binary":
    case "negate":
      return note(operation.width, operandsOf(operation));
    default:
      note(64, operandsOf(operation));
  }
}
