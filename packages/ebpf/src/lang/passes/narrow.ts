/**
 * Drops what a reader of few bits would cut off anyway: extensions and masks, the sign that a load extends, and the
 * upper halves of comparisons.
 * @module
 */
import type { Comparison } from "../../isa/instruction.ts";
import { evaluateExtend } from "../ir/evaluate.ts";
import type { Branch, IrFunction } from "../ir/function.ts";
import type { Operand, Operation, Value } from "../ir/operation.ts";
import { findDemand, visitReads, type Demand, type Reader } from "./demand.ts";
import { findDefinitions } from "./rewriting.ts";
import type { PassTarget } from "./target.ts";

/** Lets readers of the low bits read what was there before it was extended or masked. */
export function narrowReads(
  fn: IrFunction,
  { isaVersion }: PassTarget = { isaVersion: 3 },
): boolean {
  const definitions = findDefinitions(fn);
  const canNarrow = (branch: Branch, demand: Demand): boolean =>
    branch.width === 64 && isaVersion >= 3 && fitsHalf(branch, definitions, demand);
  const demand = findDemand(fn, (branch, known) => (canNarrow(branch, known) ? 32 : branch.width));
  // Before any sign is dropped: how a side was extended says how halves are compared.
  let changed = narrowBranches(fn, definitions, (branch) => canNarrow(branch, demand));
  const strip: Reader = (operand, bits) => {
    const found = stripExtensions(operand, bits, definitions);
    changed ||= found !== operand;
    return found;
  };
  for (const { operations, terminator } of fn.blocks) {
    for (const operation of operations) {
      changed = dropSign(operation, demand) || changed;
      visitReads(operation, demand, strip);
    }
    if (terminator.kind !== "branch") continue;
    terminator.left = strip(terminator.left, terminator.width);
    terminator.right = strip(terminator.right, terminator.width);
  }
  return changed;
}

function narrowBranches(
  fn: IrFunction,
  definitions: Definitions,
  canNarrow: (branch: Branch) => boolean,
): boolean {
  let changed = false;
  for (const { terminator } of fn.blocks) {
    if (terminator.kind !== "branch" || !canNarrow(terminator)) continue;
    narrowBranch(terminator, definitions);
    changed = true;
  }
  return changed;
}

type Definitions = ReadonlyMap<Value, Operation>;

/** A load need not extend the sign when nobody reads beyond what it loads. */
function dropSign(operation: Operation, demand: Demand): boolean {
  if (operation.kind !== "load" && operation.kind !== "load-slot") return false;
  if (!operation.signed || demand(operation.result) > 8 * operation.bytes) return false;
  operation.signed = false;
  return true;
}

/**
 * Whether a comparison of 64 bits tells the same of the lower halves, and what was extended for it is for nobody else:
 * a value that is used in full must be the one that was compared, or the verifier forgets what it is.
 */
function fitsHalf({ op, left, right }: Branch, definitions: Definitions, demand: Demand): boolean {
  const sides = [left, right];
  if (op === "set" || sides.some((side) => demand(side) > 32)) return false;
  const extended = sides.map((side) => extendedHalf(side, definitions));
  const [wanted, other] = extended.filter((extension) => extension !== undefined);
  if (wanted === undefined || (other !== undefined && other !== wanted)) return false;
  return sides.every((side) => isHalf(side, wanted, definitions));
}

type Extension = "sign" | "zero";

/** How the value's lower half was made a whole, if that was an operation that is not needed for the half alone. */
function extendedHalf(operand: Operand, definitions: Definitions): Extension | undefined {
  const definition = typeof operand === "bigint" ? undefined : definitions.get(operand);
  if (definition?.kind === "extend" && definition.bits === 32) {
    return definition.signed ? "sign" : "zero";
  }
  const isLoad = definition?.kind === "load" || definition?.kind === "load-slot";
  return isLoad && definition.signed && definition.bytes === 4 ? "sign" : undefined;
}

/** Whether a value is what its lower half becomes when it is extended so. */
function isHalf(operand: Operand, extension: Extension, definitions: Definitions): boolean {
  if (typeof operand === "bigint") {
    return evaluateExtend({ signed: extension === "sign", bits: 32 }, operand) === operand;
  }
  if (extendedHalf(operand, definitions) === extension) return true;
  const definition = definitions.get(operand);
  const isLoad = definition?.kind === "load" || definition?.kind === "load-slot";
  if (isLoad && !definition.signed) return definition.bytes <= (extension === "zero" ? 4 : 2);
  return extension === "zero" && definition?.kind === "binary" && definition.width === 32;
}

/** Numbers without sign compare as such, whichever way it is asked. */
const unsigned: { readonly [Op in Comparison]?: Comparison } = {
  sgt: "gt",
  sge: "ge",
  slt: "lt",
  sle: "le",
};

function narrowBranch(branch: Branch, definitions: Definitions): void {
  const sides = [branch.left, branch.right];
  branch.width = 32;
  if (sides.some((side) => extendedHalf(side, definitions) === "zero")) {
    branch.op = unsigned[branch.op] ?? branch.op;
  }
}

/** The first value behind `operand` that can differ from it in the low `bits` bits. */
function stripExtensions(operand: Operand, bits: number, definitions: Definitions): Operand {
  let found = operand;
  for (;;) {
    const definition = typeof found === "bigint" ? undefined : definitions.get(found);
    const behind = definition && operandBehind(definition, bits);
    if (behind === undefined) return found;
    found = behind;
  }
}

function operandBehind(definition: Operation, bits: number): Operand | undefined {
  if (definition.kind === "extend") {
    return definition.bits >= bits ? definition.operand : undefined;
  }
  if (definition.kind !== "binary" || definition.op !== "and") return undefined;
  const { left, right, width } = definition;
  if (typeof right !== "bigint" || width < bits) return undefined;
  const low = (1n << BigInt(bits)) - 1n;
  return (right & low) === low ? left : undefined;
}
