/**
 * Conditional jumps: what is known on each of the two ways.
 *
 * Numbers are refined by `branch.ts`, and with them all that are known to be equal. Comparisons of addresses with null
 * and of the packet with its end teach what may be accessed: `check_cond_jmp_op` of kernel/bpf/verifier.c.
 * @module
 */
import type { Comparison, JumpIf } from "../../isa/instruction.ts";
import { registerNumber, type Register } from "../../isa/register.ts";
import { refine } from "./branch.ts";
import { constantOf, constantScalar, type Scalar } from "./scalar.ts";
import { copyState, currentFrame, replaceValues, type State } from "./state.ts";
import { isPointer, type Pointer, type Value } from "./value.ts";

/** The states on both ways; a way that cannot be taken is missing. */
export interface Ways {
  readonly taken: State | undefined;
  readonly next: State | undefined;
}

/** Parts the ways of a conditional jump. `state` becomes one of them. */
export function part(jump: JumpIf, state: State): Ways {
  const { registers } = currentFrame(state);
  const a = registers[registerNumber(jump.dst)]!;
  const b =
    typeof jump.src === "number"
      ? constantScalar(BigInt(jump.src))
      : registers[registerNumber(jump.src)]!;
  if (a.kind === "scalar" && b.kind === "scalar") return partNumbers(jump, state, { a, b });
  const tested = nullComparison(jump, a, b);
  if (tested !== undefined) return partNull(state, tested, jump.op);
  const ways = { taken: copyState(state), next: state };
  if (jump.width === 64) learnPacket(jump.op, { a, b }, ways);
  return ways;
}

function partNumbers(
  jump: JumpIf,
  state: State,
  compared: { readonly a: Scalar; readonly b: Scalar },
): Ways {
  const same = jump.dst === jump.src;
  const way = (holds: "holds" | "fails", of: State): State | undefined => {
    const known = refine(jump, compared, holds);
    if (known === undefined) return undefined;
    if (same) return of;
    learn(of, jump.dst, known.a);
    if (typeof jump.src === "string") learn(of, jump.src, known.b);
    return of;
  };
  const other = copyState(state);
  return { taken: way("holds", other), next: way("fails", state) };
}

/** All numbers that are known to be equal learn the same. */
function learn(state: State, register: Register, known: Scalar): void {
  currentFrame(state).registers[registerNumber(register)] = known;
  if (known.id === 0) return;
  replaceValues(state, (it) => (it.kind === "scalar" && it.id === known.id ? known : it));
}

function nullComparison(jump: JumpIf, a: Value, b: Value): Pointer | undefined {
  if ((jump.op !== "eq" && jump.op !== "ne") || jump.width !== 64) return undefined;
  const isZero = b.kind === "scalar" && constantOf(b) === 0n;
  return isPointer(a) && isZero ? a : undefined;
}

function partNull(state: State, compared: Pointer, op: Comparison): Ways {
  if (!compared.nullable) {
    return op === "eq" ? { taken: undefined, next: state } : { taken: state, next: undefined };
  }
  const other = copyState(state);
  const [isNull, isThere] = op === "eq" ? [other, state] : [state, other];
  const about = (it: Value): boolean => isPointer(it) && it.nullable && it.id === compared.id;
  replaceValues(isNull, (it) => (about(it) ? constantScalar(0n) : it));
  replaceValues(isThere, (it) => (about(it) ? { ...(it as Pointer), nullable: false } : it));
  isNull.references.delete(compared.reference);
  return { taken: other, next: state };
}

/** On which way a comparison of the packet with its end shows bytes to be there, and whether one more. */
const packetRules: { readonly [Op in Comparison]?: readonly [way: keyof Ways, more: number] } = {
  gt: ["next", 0],
  ge: ["next", 1],
  lt: ["taken", 1],
  le: ["taken", 0],
};

/** The same with the end on the left. */
const endRules: { readonly [Op in Comparison]?: readonly [way: keyof Ways, more: number] } = {
  gt: ["taken", 1],
  ge: ["taken", 0],
  lt: ["next", 0],
  le: ["next", 1],
};

function learnPacket(
  op: Comparison,
  { a, b }: { readonly a: Value; readonly b: Value },
  ways: Ways,
): void {
  if (!isPointer(a) || !isPointer(b)) return;
  const first = isEndOf(b, a);
  if (!first && !isEndOf(a, b)) return;
  const rule = (first ? packetRules : endRules)[op];
  const state = rule === undefined ? undefined : ways[rule[0]];
  if (rule !== undefined && state !== undefined) widenRange(state, first ? a : b, rule[1]);
}

function isEndOf(end: Pointer, start: Pointer): boolean {
  if (start.kind === "pkt") return end.kind === "pkt_end";
  return start.kind === "pkt_meta" && end.kind === "pkt" && end.offset === 0 && end.id === 0;
}

function widenRange(state: State, seen: Pointer, more: number): void {
  if (seen.offset < 0 || (seen.offset === 0 && more > 0)) return;
  const furthest = seen.variable.wide.umax;
  if (furthest > 0xffffn || furthest + BigInt(seen.offset) > 0xffffn) return;
  const range = seen.offset + more;
  replaceValues(state, (it) =>
    isPointer(it) && it.kind === seen.kind && it.id === seen.id && it.range < range
      ? { ...it, range }
      : it,
  );
}
