/**
 * Loops over numbers: `range`, `unrolled`.
 *
 * Where the bounds are not known when compiling, the loop is one of the kernel's open-coded iterators (6.4), or a function
 * that a helper calls back (5.17): the verifier then looks at its body once or twice, not once for each round. Else it is
 * a plain loop.
 * @module
 */
import { loop, range, unrolled } from "../../builtins/loops.ts";
import type { Operand, Value } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { branch, compute, select, toInt32 } from "../compute.ts";
import { constant, type Entity, type LoopBody, numberScalar, type Special } from "../entity.ts";
import type { FlowEnd, Lowering } from "../lowering.ts";
import { call, callHelper } from "../memory/helper-call.ts";
import { slotPlace } from "../memory/place.ts";
import { type Range, rangeOf, uint32, withRange, withSeenRange } from "../range.ts";
import { toNumber } from "../scalar.ts";
import { voidType } from "../type.ts";
import { callback, type CallbackParameter, inPlace } from "./callback.ts";
import { loopShape } from "./callback-shapes.ts";

/** How many times a body is written out at the most: programs are limited, and so is memory. */
export const mostUnrolled = 1000;

/** Functions that give something to loop over. */
export const loopFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [range, makeRange],
  [unrolled, makeUnrolled],
  [loop, callLoop],
]);

/** The rounds of a loop. */
type Rounds = Pick<LoopBody, "body" | "label">;

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
  return loopEntity((inner, loop) => {
    const iterate = isKnown ? iterateInLoop : iterationOf(inner, bounds, loop);
    iterate(inner, bounds, loop);
  });
}

function loopEntity(iterate: NonNullable<Special["iterate"]>): Special {
  return { kind: "special", description: "a range", iterate };
}

/** The verifier follows a plain loop round by round, and finds no end where the bounds are not known. */
function iterationOf(lowering: Lowering, bounds: Bounds, loop: LoopBody): typeof iterateInKernel {
  if (hasIterators(lowering)) return iterateInKernel;
  if (lowering.program.target.kernelVersion < 5017) return iterateInLoop;
  // A return out of a function of its own would only end that.
  return loop.returns && isShort(lowering, bounds) ? iterateInLoop : iterateByHelper;
}

/** Rounds that the verifier follows one by one without giving up. */
const fewRounds = 256n;

function isShort(lowering: Lowering, { start, end }: Bounds): boolean {
  return rangeOf(lowering, end).max - rangeOf(lowering, start).min <= fewRounds;
}

/** `bpf_loop`: the body is a function of its own, which is handed over where the range starts. */
function iterateByHelper(lowering: Lowering, bounds: Bounds, loop: LoopBody): void {
  lowering.inScope(() => {
    const entity = numberScalar(bounds.start);
    lowering.scope.declare({ kind: "entity", name: startName, entity });
    callBody(lowering, bounds, loop);
  });
}

/** No name of the source's. */
const startName = "start of the range";

function callBody(
  lowering: Lowering,
  { start, end }: Bounds,
  { asFunction, label }: LoopBody,
): void {
  const [index] = loopShape.parameters;
  const starts = rangeOf(lowering, start);
  const entity: CallbackParameter["entity"] = (inner, register) => {
    const range = { min: 0n, max: uint32.max };
    const turn = withRange(inner, register, range);
    const first = typeof start === "bigint" ? start : startIn(inner);
    return numberScalar(compute(inner, "add", [turn, first], { range: shifted(range, starts) }));
  };
  const shape = { ...loopShape, parameters: [{ ...index!, entity }] };
  const enter = (inner: Lowering): void => {
    const ends = { break: inner.flowEnd(), continue: inner.flowEnd() };
    const exit = (by: "break" | "continue"): void => {
      inner.leaveGuards(0);
      inner.builder.return(by === "break" ? 1n : 0n);
    };
    inner.jumpTargets.push({ label, ...ends, guards: 0, exit });
  };
  const turns = turnsOf(lowering, compute(lowering, "sub", [end, start]));
  const further = typeof start === "bigint" ? [] : [startName];
  const written = { node: asFunction(), shape, name: "range", enter, further };
  const { address, context, finish } = inPlace(lowering, written);
  callHelper(lowering, "loop", [turns, address, context, 0n]);
  finish();
}

/** Where the range starts, in the function of its body. */
function startIn(inner: Lowering): Operand {
  const binding = inner.scope.find(startName);
  const entity = binding?.kind === "entity" ? binding.entity : undefined;
  return entity?.kind === "scalar" ? entity.operand : 0n;
}

function shifted({ min, max }: Range, by: Range): Range {
  return { min: min + by.min, max: max + by.max };
}

/** Open-coded iterators came with Linux 6.4; their functions are in BTF. */
function hasIterators({ program: { target } }: Lowering): boolean {
  const { btf, kernelVersion } = target;
  return kernelVersion >= 6004 && btf?.findByName("bpf_iter_num_new", "func") !== undefined;
}

/** `for (let i = start; i < end; i++)`. */
export function iterateInLoop(lowering: Lowering, { start, end }: Bounds, loop: Rounds): void {
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
    testLimit(lowering, index, { end, after });
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

/** Rounds after which the verifier gives up, whatever is in them (BPF_COMPLEXITY_LIMIT_JMP_SEQ of verifier.c). */
const mostRounds = 8192n;

/**
 * Ends the loop at the largest number that its end can be: verifiers before 6.8 learn nothing from comparing two numbers
 * that both vary, and see no end otherwise.
 */
function testLimit(
  lowering: Lowering,
  index: Operand,
  { end, after }: { readonly end: Operand; readonly after: FlowEnd },
): void {
  const { max } = rangeOf(lowering, end);
  if (typeof end === "bigint" || max > mostRounds) return;
  const below = lowering.flowEnd();
  branch(lowering, [index, "slt", max], { then: below, else: after });
  lowering.enter(below);
}

/** The number of a round, with what its bounds say of it. With constant bounds the verifier counts too. */
function counted(lowering: Lowering, index: Operand, { start, end }: Bounds): Entity {
  const range = { min: rangeOf(lowering, start).min, max: rangeOf(lowering, end).max - 1n };
  const isKnown = typeof start === "bigint" && typeof end === "bigint";
  return numberScalar((isKnown ? withSeenRange : withRange)(lowering, index, range));
}

interface Round {
  readonly element: Entity;
  readonly after: FlowEnd;
  readonly next: FlowEnd;
}

function lowerRound(
  lowering: Lowering,
  { body, label }: Rounds,
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

/** `bpf_loop`, which came with Linux 5.17. */
function callLoop(site: CallSite): Entity {
  site.expectArguments(2);
  const { lowering } = site;
  lowering.needsLinux([5, 17], "loop", "write for (let i = 0; i < n; i++), with a bound on n");
  const turns = turnsOf(lowering, toNumber(lowering, site.argument(0), site.argumentNode(0)));
  const { address, context, finish } = callback(site, 1, loopShape);
  const result = callHelper(lowering, "loop", [turns, address, context, 0n]);
  finish();
  return numberScalar(result);
}

/** The helper takes the lower 32 bits: less than none is none, and more is too much in any case. */
function turnsOf(lowering: Lowering, turns: Operand): Operand {
  const { min, max } = rangeOf(lowering, turns);
  const some = min >= 0n ? turns : chosen(lowering, [turns, "slt", 0n], 0n);
  return max <= uint32.max ? some : chosen(lowering, [some, "gt", uint32.max], uint32.max);
}

/** `other` where the comparison holds, else what is compared. */
function chosen(
  lowering: Lowering,
  [left, op, right]: Parameters<typeof branch>[1],
  other: bigint,
): Operand {
  const [yes, no] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [left, op, right], { then: yes, else: no });
  return select(lowering, "turns", [
    { from: yes, value: () => other },
    { from: no, value: () => left },
  ]);
}

function makeUnrolled(site: CallSite): Entity {
  site.expectArguments(1);
  const entity = site.argument(0);
  const count = entity.kind === "constant" ? entity.value : undefined;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count > mostUnrolled) {
    return site.fail(
      `unrolled takes a constant from 0 to ${mostUnrolled}`,
      "for others, use range(n)",
    );
  }
  return constant(Array.from({ length: count }, (_, index) => index));
}
