/**
 * Elements of arrays within arrays, both by numbers that are only known when the program runs: `grid[row][column]`.
 * @module
 */
import type { Operand } from "../../ir/operation.ts";
import { branch, compute, select } from "../compute.ts";
import type { IndexedAddress, Place } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { rangeOf } from "../range.ts";
import type { ArrayType } from "../type.ts";

/** An element of an array that is itself an element by a variable index: one index stands for both. */
export function innerElement(
  lowering: Lowering,
  place: Place & { readonly type: ArrayType; readonly address: IndexedAddress },
  index: Operand,
): Place {
  const { type, address } = place;
  const size = type.element.size;
  const unit = largestUnit(address.stride, size);
  const [outer, inner] = [BigInt(address.stride / unit), BigInt(size / unit)];
  const last = BigInt(address.length - 1) * outer + BigInt(type.length - 1) * inner;
  const combined = combine(
    lowering,
    [
      { index: address.index, length: address.length, step: outer },
      { index, length: type.length, step: inner },
    ],
    last + 1n,
  );
  const both = { ...address, index: combined, length: Number(last) + 1, stride: unit };
  const { core: _, ...rest } = place;
  return { ...rest, type: type.element, address: both };
}

interface Step {
  readonly index: Operand;
  readonly length: number;
  /** Units from one element to the next. */
  readonly step: bigint;
}

/** Units from the start; `beyond` when one of the indexes is outside of its array. */
function combine(lowering: Lowering, steps: readonly Step[], beyond: bigint): Operand {
  const outside = lowering.flowEnd();
  for (const { index, length } of steps) {
    const { min, max } = rangeOf(lowering, index);
    if (min >= 0n && max < BigInt(length)) continue;
    const inside = lowering.flowEnd();
    branch(lowering, [index, "lt", BigInt(length)], { then: inside, else: outside });
    lowering.enter(inside);
  }
  const found = lowering.flowEnd();
  lowering.jump(found);
  return select(lowering, "index", [
    {
      from: found,
      value: () => {
        const [first, second] = steps.map(({ index, step }) =>
          compute(lowering, "mul", [index, step]),
        );
        return compute(lowering, "add", [first!, second!]);
      },
    },
    { from: outside, value: () => beyond },
  ]);
}

/** The largest word that both distances are made of, up to 8 bytes. */
function largestUnit(stride: number, size: number): number {
  const bits = stride | size | 8;
  return bits & -bits;
}
