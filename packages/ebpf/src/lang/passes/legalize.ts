/**
 * Operations of 32 bits made of those of 64: versions 1 and 2 of the instruction set have no others.
 *
 * Results that a carry may have spoilt have their upper half cleared behind, operands whose upper half would matter have
 * it cleared, or filled with the sign, before. What of this is not needed other passes find out.
 * @module
 */
import type { Comparison } from "../../isa/instruction.ts";
import type { Branch, IrFunction } from "../ir/function.ts";
import type { Binary, BinaryOperator, Operand, Operation, Value } from "../ir/operation.ts";

/** Replaces operations and comparisons of 32 bits. Returns whether there were any. */
export function legalizeWidths(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    const legalizer = new Legalizer(fn);
    for (const operation of block.operations) legalizer.operation(operation);
    if (block.terminator.kind === "branch") legalizer.branch(block.terminator);
    block.operations = legalizer.operations;
    changed ||= legalizer.changed;
  }
  return changed;
}

/** How both sides are brought to 64 bits, and whether the result has to be brought back to 32. */
interface Widening {
  readonly left: Side;
  readonly right: Side;
  readonly clears: boolean;
}

/** `low`: only the lower half matters; `distance`: of a shift. */
type Side = "low" | "zero" | "sign" | "distance";

const ring: Widening = { left: "low", right: "low", clears: true };
const unsigned: Widening = { left: "zero", right: "zero", clears: false };
const signed: Widening = { left: "sign", right: "sign", clears: true };

const widenings: { readonly [Op in BinaryOperator]: Widening } = {
  add: ring,
  sub: ring,
  mul: ring,
  and: ring,
  or: ring,
  xor: ring,
  div: unsigned,
  mod: unsigned,
  sdiv: signed,
  smod: signed,
  lsh: { left: "low", right: "distance", clears: true },
  rsh: { left: "zero", right: "distance", clears: false },
  arsh: { left: "sign", right: "distance", clears: true },
};

const signedComparisons: ReadonlySet<Comparison> = new Set(["sgt", "sge", "slt", "sle"]);

class Legalizer {
  readonly operations: Operation[] = [];
  changed = false;
  readonly #fn: IrFunction;
  #source: Operation["source"];

  constructor(fn: IrFunction) {
    this.#fn = fn;
  }

  operation(operation: Operation): void {
    this.#source = operation.source;
    if (operation.kind === "binary" && operation.width === 32) this.#binary(operation);
    else if (operation.kind === "negate" && operation.width === 32) {
      const { operand, result } = operation;
      this.#cleared(result, (wide) => ({ kind: "negate", width: 64, result: wide, operand }));
    } else this.operations.push(operation);
  }

  branch(branch: Branch): void {
    if (branch.width === 64) return;
    this.#source = branch.source;
    const side = signedComparisons.has(branch.op) ? "sign" : "zero";
    branch.left = this.#side(branch.left, side);
    branch.right = this.#side(branch.right, side);
    branch.width = 64;
    this.changed = true;
  }

  #binary({ op, result, left, right }: Binary): void {
    const widening = widenings[op];
    const sides = {
      left: this.#side(left, widening.left),
      right: this.#side(right, widening.right),
    };
    const wide = (into: Value): Binary => ({
      kind: "binary",
      op,
      width: 64,
      result: into,
      ...sides,
    });
    if (widening.clears) this.#cleared(result, wide);
    else this.#append(wide(result));
  }

  /** An operation of 64 bits, and `result` with what is in the lower half of what came out. */
  #cleared(result: Value, make: (wide: Value) => Operation): void {
    const operand = this.#value();
    this.#append(make(operand));
    this.#append({ kind: "extend", signed: false, bits: 32, result, operand });
  }

  #side(operand: Operand, side: Side): Operand {
    if (typeof operand === "bigint") return constants[side](operand);
    if (side === "low") return operand;
    const result = this.#value();
    if (side === "distance") {
      this.#append({ kind: "binary", op: "and", width: 64, result, left: operand, right: 31n });
    } else {
      this.#append({ kind: "extend", signed: side === "sign", bits: 32, result, operand });
    }
    return result;
  }

  #append(operation: Operation): void {
    this.operations.push({ ...operation, source: this.#source });
    this.changed = true;
  }

  #value(): Value {
    return (this.#fn.values.push({}) - 1) as Value;
  }
}

const constants: { readonly [S in Side]: (constant: bigint) => bigint } = {
  low: (constant) => BigInt.asIntN(32, constant),
  zero: (constant) => BigInt.asUintN(32, constant),
  sign: (constant) => BigInt.asIntN(32, constant),
  distance: (constant) => constant & 31n,
};
