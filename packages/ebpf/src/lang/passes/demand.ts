/**
 * How many low bits of each value are ever looked at.
 *
 * Who reads says how many bits it reads: a store as many as it stores, a 32-bit operation 32, and an addition only as
 * many as are read of the sum, since carries go up. Everything starts at none and grows until nothing changes.
 * @module
 */
import type { Branch, IrFunction } from "../ir/function.ts";
import { successors } from "../ir/function.ts";
import type {
  Binary,
  BinaryOperator,
  Operand,
  Operation,
  OperationKind,
  Value,
} from "../ir/operation.ts";
import { resultOf, rewriteOperation } from "../ir/uses.ts";

/** Low bits that are read of a value: 0 to 64. */
export type Demand = (operand: Operand) => number;

/** Says that so many low bits of an operand are read, and what to read instead. */
export type Reader = (operand: Operand, bits: number) => Operand;

/** What is read of all values of `fn`. Of the sides of a branch, `bitsOfBranch` tells. */
export function findDemand(
  fn: IrFunction,
  bitsOfBranch: (branch: Branch, demand: Demand) => number,
): Demand {
  const demands = new Map<Value, number>();
  const demand: Demand = (operand) =>
    typeof operand === "bigint" ? 0 : (demands.get(operand) ?? 0);
  let changed = true;
  const read: Reader = (operand, bits) => {
    if (typeof operand === "bigint" || bits <= demand(operand)) return operand;
    demands.set(operand, bits);
    changed = true;
    return operand;
  };
  while (changed) {
    changed = false;
    for (const block of fn.blocks.toReversed()) {
      const { terminator } = block;
      if (terminator.kind === "branch") {
        const bits = bitsOfBranch(terminator, demand);
        read(terminator.left, bits);
        read(terminator.right, bits);
      } else if (terminator.kind === "return") read(terminator.result ?? 0n, 64);
      for (const { block: to, arguments: given } of successors(terminator)) {
        to.parameters.forEach((parameter, index) => read(given[index]!, demand(parameter)));
      }
      for (const operation of block.operations.toReversed()) visitReads(operation, demand, read);
    }
  }
  return demand;
}

/** Shows `read` everything that `operation` reads, with how many bits of it, and stores what comes back. */
export function visitReads(operation: Operation, demand: Demand, read: Reader): void {
  const visit = visitors[operation.kind] as
    | ((operation: Operation, visit: Visit) => void)
    | undefined;
  const result = resultOf(operation);
  if (visit === undefined) rewriteOperation(operation, (operand) => read(operand, 64));
  else visit(operation, { own: result === undefined ? 0 : demand(result), read });
}

interface Visit {
  /** Bits that are read of the result. */
  readonly own: number;
  readonly read: Reader;
}

type Visitors = {
  readonly [Kind in OperationKind]?: (
    operation: Extract<Operation, { kind: Kind }>,
    visit: Visit,
  ) => void;
};

/** Kinds that are not here read all of their operands. */
const visitors: Visitors = {
  store: (operation, { read }) => {
    operation.base = read(operation.base, 64) as Value;
    operation.stored = read(operation.stored, 8 * operation.bytes);
  },
  "store-slot": (operation, { read }) => {
    operation.stored = read(operation.stored, 8 * operation.bytes);
  },
  extend: (operation, { own, read }) => {
    operation.operand = read(operation.operand, Math.min(operation.bits, own));
  },
  swap: (operation, { read }) => {
    operation.operand = read(operation.operand, operation.bits);
  },
  negate: (operation, { own, read }) => {
    operation.operand = read(operation.operand, Math.min(operation.width, own));
  },
  binary: (operation, { own, read }) => {
    const { left, right } = bitsOfSides(operation, Math.min(operation.width, own));
    operation.left = read(operation.left, left);
    operation.right = read(operation.right, right);
  },
};

interface Sides {
  readonly left: number;
  readonly right: number;
}

/** Bits that are read of both sides when `bits` are read of the result. */
function bitsOfSides({ op, width, right }: Binary, bits: number): Sides {
  return sidesOf[op]?.({ bits, width, right }) ?? { left: width, right: width };
}

type SidesOf = (read: Pick<Binary, "width" | "right"> & { readonly bits: number }) => Sides;

const ring: SidesOf = ({ bits }) => ({ left: bits, right: bits });

const shiftDown: SidesOf = ({ bits, width, right }) => {
  const distance = typeof right === "bigint" ? Number(right & BigInt(width - 1)) : width;
  return { left: bits === 0 ? 0 : Math.min(width, bits + distance), right: width };
};

/** Operators that are not here read all of both sides. */
const sidesOf: { readonly [Op in BinaryOperator]?: SidesOf } = {
  add: ring,
  sub: ring,
  mul: ring,
  or: ring,
  xor: ring,
  and: ({ bits, right }) => {
    const mask = typeof right === "bigint" && right >= 0n ? right.toString(2).length : 64;
    return { left: Math.min(bits, mask), right: bits };
  },
  // How far to shift is read as a whole: the verifier wants to see that it is not too far.
  lsh: ({ bits, width }) => ({ left: bits, right: width }),
  rsh: shiftDown,
  arsh: shiftDown,
};
