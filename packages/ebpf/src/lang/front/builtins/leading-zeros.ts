/**
 * `Math.clz32`: how many zeros an integer of 32 bits starts with. The machine cannot count them.
 *
 * A number that reaches into the upper half of the bits that are left is moved down by that half, five times; what is
 * left is 1, or 0 for the number 0. The verifier sees each turn as a comparison with a constant, so that it knows the
 * bounds of the result.
 * @module
 */
import type { Operand } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { branch, compute, toUint32 } from "../compute.ts";
import { constant, type Entity, numberScalar } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { withRange } from "../range.ts";
import { toNumber } from "../scalar.ts";
import { truncatedExpression } from "./conversions.ts";

/** `Math.clz32(x)`. */
export function countLeadingZeros(site: CallSite): Entity {
  const { lowering } = site;
  site.expectArguments(1);
  const node = site.argumentNode(0);
  const entity = truncatedExpression(lowering, node);
  if (entity.kind === "constant") return constant(Math.clz32(entity.value as number));
  return numberScalar(leadingZeros(lowering, toUint32(lowering, toNumber(lowering, entity, node))));
}

function leadingZeros(lowering: Lowering, operand: Operand): Operand {
  const { builder } = lowering;
  const [rest, zeros] = [{ name: "rest" }, { name: "zeros" }];
  builder.write(rest, operand);
  builder.write(zeros, 32n);
  for (const half of [16n, 8n, 4n, 2n, 1n]) {
    const [large, join] = [lowering.flowEnd(), lowering.flowEnd()];
    const left = builder.read(rest);
    branch(lowering, [left, "ge", 1n << half], { then: large, else: join });
    lowering.enter(large);
    builder.write(rest, compute(lowering, "rsh", [left, half]));
    builder.write(zeros, compute(lowering, "sub", [builder.read(zeros), half]));
    lowering.jump(join);
    lowering.enter(join);
  }
  const range = { min: 0n, max: 32n };
  return withRange(
    lowering,
    compute(lowering, "sub", [builder.read(zeros), builder.read(rest)]),
    range,
  );
}
