/**
 * Drops what a reader of few bits would cut off anyway: extensions and masks, the sign that a load extends, and the
 * upper halves of comparisons.
 * @module
 */
import type { Comparison } from "../../isa/instruction.ts";
import type { Branch, IrFunction } from "../ir/function.ts";
import type { Operand, Operation, Value } from "../ir/operation.ts";
import { findDemand, visitReads, type Demand, type Reader } from "./demand.ts";
import { findDefinitions } from "./rewriting.ts";
import type { PassTarget } from "./target.ts";

/** Lets readers of the low bits read what was there before it was extended or masked. */
export function narrowReads(fn: IrFunction, { isaVersion }: PassTarget = { isaVersion: 3 }): boolean {
  const definitions = findDefinitions(fn);
  const canNarrow = (branch: Branch, demand: Demand): boolean =>
    branch.width === 64 && isaVersion >= 3 && fitsHalf(branch, definitions, demand);
  const demand = findDemand(fn, (branch, known) => (canNarrow(branch, known) ? 32 : branch.width));
  let changed = false;
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
    if (canNarrow(terminator, demand)) {
      narrowBranch(terminator, definitions);
      changed = true;
    }
    terminator.left = strip(terminator.left, terminator.width);
    terminator.right = strip(terminator.right, terminator.width);
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
  const isSigned = sides.some((side) => extensionOf(side, definitions) === "sign");
  const isZero = sides.some((side) => extensionOf(side, definitions) === "zero");
  if (isSigned === isZero) return false;
  const wanted = isSigned ? "sign" : "zero";
  return sides.every((side) =>
    typeof side === "bigint" ? fits(side, wanted) : extensionOf(side, definitions) === wanted,
  );
}

function fits(constant: bigint, extension: "sign" | "zero"): boolean {
  const read = extension === "sign" ? BigInt.asIntN : BigInt.asUintN;
  return read(32, constant) === constant;
}

/** How the value's lower half was made a whole, if one operation did that. */
function extensionOf(operand: Operand, definitions: Definitions): "sign" | "zero" | undefined {
  const definition = typeof operand === "bigint" ? undefined : definitions.get(operand);
  if (definition === undefined) return undefined;
  const isLoad = definition.kind === "load" || definition.kind === "load-slot";
  if (isLoad && definition.signed && definition.bytes <= 4) return "sign";
  if (isLoad && definition.bytes <= 4) return "zero";
  if (definition.kind === "binary" && definition.width === 32) return "zero";
  if (definition.kind !== "extend") return undefined;
  return definition.signed ? "sign" : "zero";
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
  if (sides.some((side) => extensionOf(side, definitions) === "zero")) {
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
