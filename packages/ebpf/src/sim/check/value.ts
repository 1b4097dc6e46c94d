/**
 * What a register or a stack slot holds, as the checker knows it: nothing, a number, or a pointer of some kind.
 *
 * A pointer is where it points plus a fixed and a variable distance. The kinds are those of `enum bpf_reg_type`
 * (include/linux/bpf.h) that programs without kernel types meet; how each may be used is told by `access.ts`.
 * @module
 */
import { covers, type Scalar, unknownScalar } from "./scalar.ts";
import type { CheckedMap } from "./program.ts";

/** Content of a register. */
export type Value = Unset | Scalar | Pointer;

/** Nothing was written there, or a call has overwritten it. */
export interface Unset {
  readonly kind: "unset";
}

/** What a pointer leads to. */
export type PointerKind =
  | "ctx"
  | "fp"
  | "map_ptr"
  | "map_value"
  | "pkt"
  | "pkt_meta"
  | "pkt_end"
  | "mem"
  | "ringbuf_mem"
  | "sock"
  | "func";

/** An address. */
export interface Pointer {
  readonly kind: PointerKind;
  /** Whether it may be null instead. Values with the same id are null together. */
  readonly nullable: boolean;
  /** What tells it from others: of one lookup, of one variable distance into the packet. 0 for none. */
  readonly id: number;
  /** Bytes from where it leads, the part that is known. */
  readonly offset: number;
  /** Bytes from where it leads, the part that is not. */
  readonly variable: Scalar;
  /** Bytes of the packet known to be there, counted from the variable place. */
  readonly range: number;
  /** Bytes of `mem` and `ringbuf_mem`. */
  readonly size: number;
  /** Id of the reference that must be given back, or 0. */
  readonly reference: number;
  /** Of `map_ptr` and `map_value`. */
  readonly map: CheckedMap | undefined;
  /** Number of the frame whose stack it is, or slot of the function. */
  readonly place: number;
}

/** Nothing. */
export const unset: Unset = { kind: "unset" };

/** A pointer of this kind, of which only what is given is known. */
export function pointer(kind: PointerKind, known: Partial<Pointer> = {}): Pointer {
  return { ...plain, kind, ...known };
}

const plain: Pointer = {
  kind: "ctx",
  nullable: false,
  id: 0,
  offset: 0,
  variable: constantZero(),
  range: 0,
  size: 0,
  reference: 0,
  map: undefined,
  place: 0,
};

function constantZero(): Scalar {
  const zero = { umin: 0n, umax: 0n, smin: 0n, smax: 0n };
  return { ...unknownScalar, bits: { value: 0n, mask: 0n }, wide: zero, low: zero };
}

/** Whether it is an address. */
export function isPointer(value: Value): value is Pointer {
  return value.kind !== "unset" && value.kind !== "scalar";
}

/** Whether the distance of a pointer is one number. */
export function isFixed({ variable }: Pointer): boolean {
  return variable.bits.mask === 0n && variable.bits.value === 0n;
}

/** Pairs of ids, of an earlier and a later state, that mean the same. */
export type SameIds = Map<number, number>;

/** Whether whatever holds for `old` holds for `now`: everything `now` can be, `old` can be. */
export function subsumes(old: Value, now: Value, ids: SameIds): boolean {
  if (old.kind === "unset") return true;
  if (old.kind === "scalar") {
    return now.kind === "scalar" && covers(old, now) && sameId(old.id, now.id, ids);
  }
  return isPointer(now) && subsumesPointer(old, now, ids);
}

function subsumesPointer(old: Pointer, now: Pointer, ids: SameIds): boolean {
  const same =
    old.kind === now.kind &&
    old.nullable === now.nullable &&
    old.offset === now.offset &&
    old.size === now.size &&
    old.map === now.map &&
    old.place === now.place;
  return (
    same &&
    old.range <= now.range &&
    covers(old.variable, now.variable) &&
    sameId(old.id, now.id, ids) &&
    sameId(old.reference, now.reference, ids)
  );
}

/** What the old state did not tell apart from others it need not now. */
function sameId(old: number, now: number, ids: SameIds): boolean {
  if (old === 0) return true;
  if (now === 0) return false;
  const known = ids.get(old);
  if (known !== undefined) return known === now;
  for (const other of ids.values()) if (other === now) return false;
  ids.set(old, now);
  return true;
}
