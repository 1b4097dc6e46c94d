/**
 * Loops over numbers: `range`, `unrolled`.
 *
 * Where the kernel has open-coded iterators (6.4) and the bounds are not known when compiling, the loop is one of
 * those: the verifier then looks at its body once or twice, not once for each round. Else it is a plain loop.
 * @module
 */
import { range, unrolled } from "../../builtins/loops.ts";
import type { Operand, Value } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { branch, compute, toInt32 } from "../compute.ts";
import { constant, type Entity, type LoopBody, numberScalar, type Special } from "../entity.ts";
import type { FlowEnd, Lowering } from "../lowering.ts";
import { call } from "../memory/helper-call.ts";
import { slotPlace } from "../memory/place.ts";
import { rangeOf, withRange } from "../range.ts";
import { toNumber } from "../scalar.ts";
import { voidType } from "../type.ts";

/** Functions that give something to loop over. */
export const loopFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [range, makeRange],
  [unrolled, makeUnrolled],
]);

/** Numbers from the first up to the second, without it. */
interface Bounds {
  readonly start: Operand;
  readonly end: Operand;
}

function makeRange(site: CallSite): Entity {
  site.expectArguments(1, 2);
  const { lowering } = site;
  const numbers = [0, 1]
    .filter((index) => site.has(index))
    .map((index) => toNumber(lowering, site.argument(index), site.argumentNode(index)));
  const [first, second] = numbers;
  const bounds = second === undefined ? { start: 0n, end: first! } : { start: first!, end: second };
  const isKnown = typeof bounds.start === "bigint" && typeof bounds.end === "bigint";
  const iterate = !isKnown && hasIterators(lowering) ? iterateInKernel : iterateInLoop;
  return loopEntity((lowering, loop) => iterate(lowering, bounds, loop));
}

function loopEntity(iterate: NonNullable<Special["iterate"]>): Special {
  return { kind: "special", description: "a range", iterate };
}

/** Open-coded iterators came with Linux 6.4; their functions are in BTF. */
function hasIterators({ program: { target } }: Lowering): boolean {
  const { btf, kernelVersion } = target;
  return kernelVersion >= 6004 && btf?.findByName("bpf_iter_num_new", "func") !== undefined;
}

/** `for (let i = start; i < end; i++)`. */
function iterateInLoop(lowering: Lowering, { start, end }: Bounds, loop: LoopBody): void {
  const { builder } = lowering;
  const counter = { name: "index" };
  builder.write(counter, start);
  const after = lowering.flowEnd();
  builder.inLoop(() => {
    const [head, inside, next] = [lowering.flowEnd(), lowering.flowEnd(), lowering.flowEnd()];
    lowering.jump(head);
    builder.current = head.block;
    const { facts } = lowering;
    const index = builder.read(counter);
    branch(lowering, [index, "slt", end], { then: inside, else: after });
    lowering.enter(inside);
    lowerRound(lowering, loop, { element: counted(lowering, index, { start, end }), after, next });
    lowering.enter(next);
    if (next.facts !== undefined) {
      builder.write(counter, compute(lowering, "add", [builder.read(counter), 1n]));
      lowering.facts = facts;
      lowering.jump(head);
    }
    builder.seal(head.block);
  });
  lowering.enter(after);
}

/** The number of a round, with what its bounds say of it. */
function counted(lowering: Lowering, index: Operand, { start, end }: Bounds): Entity {
  const max = rangeOf(lowering, end).max - 1n;
  return numberScalar(withRange(lowering, index, { min: rangeOf(lowering, start).min, max }));
}

interface Round {
  readonly element: Entity;
  readonly after: FlowEnd;
  readonly next: FlowEnd;
}

function lowerRound(
  lowering: Lowering,
  { body, label }: LoopBody,
  { element, after, next }: Round,
): void {
  const guards = lowering.guards.length;
  lowering.jumpTargets.push({ label, break: after, continue: next, guards });
  body(element);
  lowering.jumpTargets.pop();
  lowering.jump(next);
}

/** The kernel's own iterator, an object of 8 bytes on the stack (include/uapi/linux/bpf.h). */
function iterateInKernel(lowering: Lowering, bounds: Bounds, loop: LoopBody): void {
  const { builder } = lowering;
  const iterator = slotPlace(builder.slot("iterator", 8, 8), { ...voidType, size: 8 });
  const destroy = (): void => void kfunc(lowering, "bpf_iter_num_destroy", [iterator]);
  const [start, end] = [toInt32(lowering, bounds.start), toInt32(lowering, bounds.end)];
  kfunc(lowering, "bpf_iter_num_new", [iterator, start, end]);
  const after = lowering.flowEnd();
  builder.inLoop(() => {
    const [next, inside] = [lowering.flowEnd(), lowering.flowEnd()];
    lowering.jump(next);
    builder.current = next.block;
    const { facts } = lowering;
    const base = kfunc(lowering, "bpf_iter_num_next", [iterator]);
    branch(lowering, [base, "ne", 0n], { then: inside, else: after });
    lowering.enter(inside);
    const load = {
      kind: "load",
      base,
      offset: 0,
      bytes: 4,
      signed: true,
      memory: "other",
    } as const;
    const element = counted(lowering, builder.define(load), bounds);
    lowering.guards.push(destroy);
    lowerRound(lowering, loop, { element, after, next });
    lowering.guards.pop();
    lowering.facts = facts;
    builder.seal(next.block);
  });
  lowering.enter(after);
  destroy();
}

function kfunc(lowering: Lowering, name: string, given: Parameters<typeof call>[2]): Value {
  return call(lowering, { kind: "kfunc", name }, given, { pointer: name.endsWith("next") });
}

function makeUnrolled(site: CallSite): Entity {
  site.expectArguments(1);
  const entity = site.argument(0);
  const count = entity.kind === "constant" ? entity.value : undefined;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count > 1000) {
    return site.fail("unrolled takes a constant from 0 to 1000", "for others, use range(n)");
  }
  return constant(Array.from({ length: count }, (_, index) => index));
}
