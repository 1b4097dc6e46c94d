/**
 * Conditional jumps: what is known on each of the two ways.
 *
 * Numbers are refined by `number/refine.ts`, and with them all that are known to be equal. Comparisons of addresses with null
 * and of the packet with its end teach what may be accessed: `check_cond_jmp_op` of kernel/bpf/verifier.c.
 * @module
 */
import type { Comparison, JumpIf } from "../../../isa/instruction.ts";
import { registerNumber, type Register } from "../../../isa/register.ts";
import { alike } from "../number/arithmetic.ts";
import { markPrecise, originFrom } from "../number/origin.ts";
import { type Compared, refine } from "../number/refine.ts";
import { constantScalar, type Scalar } from "../number/scalar.ts";
import { copyState, currentFrame, replaceValues, type State } from "../state/state.ts";
import { fieldsAround } from "../object/lock.ts";
import { isNull, isPointer, type Pointer, type Value } from "../state/value.ts";

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
  if (isNeverEqual(jump, a, b)) return goOn(state, jump.op === "ne");
  if (isPointer(a) && a.nullable && isNullTest(jump)) return partNull(state, a, jump.op);
  if (jump.width === 32) return { taken: copyState(state), next: state };
  const known = packetComparison(jump.op, a, b);
  if (known !== undefined) return goOn(state, known);
  const ways = { taken: copyState(state), next: state };
  learnPacket(jump.op, { a, b }, ways);
  learnEqual(jump, { a, b }, ways);
  return ways;
}

function partNumbers(
  jump: JumpIf,
  state: State,
  compared: { readonly a: Scalar; readonly b: Scalar },
): Ways {
  const same = jump.dst === jump.src;
  const holds = refine(jump, compared, "holds");
  const fails = refine(jump, compared, "fails");
  if (holds === undefined || fails === undefined) {
    markPrecise(compared.a.origin);
    markPrecise(compared.b.origin);
  }
  const way = (known: Compared | undefined, of: State): State | undefined => {
    if (known === undefined || same) return known && of;
    const origin = originFrom(compared.a.origin, compared.b.origin);
    learn(of, jump.dst, { ...known.a, origin });
    if (typeof jump.src === "string") learn(of, jump.src, { ...known.b, origin });
    return of;
  };
  const other = holds === undefined || fails === undefined ? state : copyState(state);
  return { taken: way(holds, other), next: way(fails, state) };
}

/** All numbers that are known to be equal learn the same. */
function learn(state: State, register: Register, known: Scalar): void {
  currentFrame(state).registers[registerNumber(register)] = known;
  if (known.id === 0) return;
  replaceValues(state, (it) =>
    it.kind === "scalar" && it.id === known.id && it !== known
      ? { ...alike(known, it), origin: originFrom(it.origin, known.origin) }
      : it,
  );
}

/** The way that is taken when it is known whether a comparison holds. */
function goOn(state: State, holds: boolean): Ways {
  return holds ? { taken: state, next: undefined } : { taken: undefined, next: state };
}

/** Whether a test of an address says whether it is null: what is known of a register does not count as a 0. */
function isNullTest({ op, width, src }: JumpIf): boolean {
  return (op === "eq" || op === "ne") && width === 64 && src === 0;
}

/** Whether an address that is never null is compared with 0, in whichever order. */
function isNeverEqual({ op }: JumpIf, a: Value, b: Value): boolean {
  if (op !== "eq" && op !== "ne") return false;
  const [to, zero] = b.kind === "scalar" ? [a, b] : [b, a];
  return isPointer(to) && !to.nullable && isNeverNull(to) && isNull(zero);
}

/** `reg_not_null`: of other addresses the kernel does not say that they are not null. */
function isNeverNull({ kind, trust, own, reference }: Pointer): boolean {
  if (kind === "ptr_") return trust === "trusted" || own || reference !== 0;
  return neverNull.has(kind) && trust !== "untrusted";
}

const neverNull: ReadonlySet<string> = new Set([
  "sock",
  "tcp_sock",
  "map_value",
  "map_key",
  "sock_common",
  "mem",
  "ringbuf_mem",
  "rdonly_mem",
  "map_ptr",
]);

function partNull(state: State, compared: Pointer, op: Comparison): Ways {
  const other = copyState(state);
  const [gone, there] = op === "eq" ? [other, state] : [state, other];
  const about = (it: Value): boolean => isPointer(it) && it.nullable && it.id === compared.id;
  replaceValues(gone, (it) => (about(it) ? { ...constantScalar(0n), origin: originFrom() } : it));
  replaceValues(there, (it) => (about(it) ? found(it as Pointer) : it));
  if (compared.reference === compared.id) gone.references.delete(compared.reference);
  return { taken: other, next: state };
}

/** What an address is that turned out not to be null. */
function found(it: Pointer): Pointer {
  const hasLock = fieldsAround(it).some(({ kind }) => kind.endsWith("spin_lock"));
  const there = { ...it, nullable: false, id: hasLock ? it.id : 0 };
  if (it.kind !== "map_value") return there;
  const { map } = it;
  if (map?.inner !== undefined) return { ...there, kind: "map_ptr", map: map.inner, mapId: it.id };
  if (map?.type === "xskmap") return { ...there, kind: "xdp_sock", map: undefined };
  const isSocket = map?.type === "sockmap" || map?.type === "sockhash";
  return isSocket ? { ...there, kind: "sock", map: undefined } : there;
}

/** An address that may be null and equals one that is not is not null either; copies of it learn nothing, as in the kernel. */
function learnEqual(
  { op, dst, src }: JumpIf,
  { a, b }: { readonly a: Value; readonly b: Value },
  { taken, next }: { readonly taken: State; readonly next: State },
): void {
  if ((op !== "eq" && op !== "ne") || !isPointer(a) || !isPointer(b)) return;
  if (a.nullable === b.nullable || a.kind === "ptr_" || b.kind === "ptr_") return;
  const [register, there] = a.nullable ? [dst, a] : [src as Register, b];
  const { registers } = currentFrame(op === "eq" ? taken : next);
  registers[registerNumber(register)] = found(there);
}

/** At or behind the end of the packet, as range of a pointer into it. */
const atEnd = -1;
const behindEnd = -2;

/** What a comparison with the packet's end gives where an earlier one has told. */
function packetComparison(op: Comparison, a: Value, b: Value): boolean | undefined {
  if (!isPointer(a) || !isPointer(b)) return undefined;
  const first = a.kind === "pkt" && b.kind === "pkt_end";
  if (!first && !(b.kind === "pkt" && a.kind === "pkt_end")) return undefined;
  const { range } = first ? a : b;
  const relation = first ? op : turnedRound[op];
  if (range >= 0 || relation === undefined) return undefined;
  if (relation === "le" || relation === "gt")
    return range === behindEnd ? relation === "gt" : undefined;
  return relation === "ge";
}

const turnedRound: { readonly [Op in Comparison]?: Comparison } = {
  gt: "lt",
  ge: "le",
  lt: "gt",
  le: "ge",
};

type PacketRules = { readonly [Op in Comparison]?: readonly [way: keyof Ways, more: number] };

/** On which way a comparison of the packet with its end shows bytes to be there, and whether one more. */
const packetRules: PacketRules = {
  gt: ["next", 0],
  ge: ["next", 1],
  lt: ["taken", 1],
  le: ["taken", 0],
};

/** The same with the end on the left. */
const endRules: PacketRules = {
  gt: ["taken", 1],
  ge: ["taken", 0],
  lt: ["next", 0],
  le: ["next", 1],
};

function learnPacket(
  op: Comparison,
  { a, b }: { readonly a: Value; readonly b: Value },
  ways: { readonly taken: State; readonly next: State },
): void {
  if (!isPointer(a) || !isPointer(b)) return;
  const first = isEndOf(b, a);
  if (!first && !isEndOf(a, b)) return;
  const rule = (first ? packetRules : endRules)[op];
  if (rule === undefined) return;
  const [way, more] = rule;
  const seen = first ? a : b;
  widenRange(ways[way], seen, more);
  if (seen.kind !== "pkt") return;
  const other = way === "next" ? ways.taken : ways.next;
  const range = more === 0 ? behindEnd : atEnd;
  replaceValues(other, (it) => (it === seen && it.range === 0 ? { ...seen, range } : it));
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
    isPointer(it) && it.kind === seen.kind && it.id === seen.id && it.range >= 0 && it.range < range
      ? { ...it, range }
      : it,
  );
}
