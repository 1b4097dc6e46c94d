/**
 * What a register or a stack slot holds, as the checker knows it: nothing, a number, an address, or part of an object.
 *
 * An address is where it points plus a fixed and a variable distance. The kinds are those of `enum bpf_reg_type`
 * (include/linux/bpf.h); how each may be used is told by `memory/access.ts`.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import { markPrecise } from "../number/origin.ts";
import { constantOf, covers, type Scalar, unknownScalar } from "../number/scalar.ts";
import type { CheckedMap } from "../program.ts";
import { Refusal } from "../refusal.ts";

/** Content of a register or of a stack slot. */
export type Value = Unset | Scalar | Pointer | StackObject;

/** Nothing was written there, or a call has overwritten it. */
export interface Unset {
  readonly kind: "unset";
}

/** Part of an object that lies on the stack: only functions made for it may touch it. */
export interface StackObject {
  readonly kind: "dynptr" | "iterator" | "irq";
  /** What tells it from others. */
  readonly object: number;
  /** Which eight bytes of it these are. */
  readonly part: number;
  /** What it is, and how far it got: `local`, `ringbuf`, `iter_num active`, `iter_num drained`. */
  readonly state: string;
  /** Id of the reference that it holds, or 0. */
  readonly reference: number;
  /** Of an iterator over what RCU protects: whether its region goes on. */
  readonly trust?: "rcu" | "untrusted" | undefined;
}

/** What a pointer leads to. */
export type PointerKind =
  | "ctx"
  | "fp"
  | "map_ptr"
  | "map_key"
  | "map_value"
  | "pkt"
  | "pkt_meta"
  | "pkt_end"
  | "flow_keys"
  | "mem"
  | "ringbuf_mem"
  | "rdonly_mem"
  | "buf"
  | "tp_buffer"
  | "sock"
  | "sock_common"
  | "tcp_sock"
  | "xdp_sock"
  | "ptr_"
  | "dynptr_ptr"
  | "arena"
  | "func";

/**
 * How far the kernel believes an address of one of its own objects: `trusted` is there for as long as the program
 * runs, `rcu` within the region, `plain` was found by the way and is read with care, `untrusted` is not given to anybody.
 */
export type Trust = "trusted" | "rcu" | "plain" | "untrusted" | "user" | "percpu";

/** A type of the kernel or of a program. */
export interface TypeRef {
  readonly types: Btf;
  readonly id: number;
}

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
  /** Id of the dynamic pointer that it is a slice of, or 0. */
  readonly slice: number;
  /** Whether it ends when the packet may have moved, as slices of packets do. */
  readonly ofPacket: boolean;
  /** Of `map_ptr`, `map_key` and `map_value`. */
  readonly map: CheckedMap | undefined;
  /** Which of the maps of one shape that is, of those that lie in maps; else 0. */
  readonly mapId: number;
  /** Number of the frame whose stack it is, or slot of the function. */
  readonly place: number;
  /** What it leads to, of `ptr_`. */
  readonly type: TypeRef | undefined;
  readonly trust: Trust;
  /** Whether it leads to an object that the program made, which it may write to. */
  readonly own: boolean;
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
  slice: 0,
  ofPacket: false,
  map: undefined,
  mapId: 0,
  place: 0,
  type: undefined,
  trust: "plain",
  own: false,
};

function constantZero(): Scalar {
  const zero = { umin: 0n, umax: 0n, smin: 0n, smax: 0n };
  return { ...unknownScalar, bits: { value: 0n, mask: 0n }, wide: zero, low: zero };
}

/** Whether it is an address. */
export function isPointer(value: Value): value is Pointer {
  return "nullable" in value;
}

/** Whether the distance of a pointer is one number. */
export function isFixed({ variable }: Pointer): boolean {
  return variable.bits.mask === 0n && variable.bits.value === 0n;
}

/** Whether it is the number 0; if so, that counts. */
export function isNull(value: Value): boolean {
  if (value.kind !== "scalar" || constantOf(value) !== 0n) return false;
  markPrecise(value.origin);
  return true;
}

/** Pairs of ids, of an earlier and a later state, that mean the same. */
export type SameIds = Map<number, number>;

/** Whether whatever holds for `old` holds for `now`: everything `now` can be, `old` can be. */
export function subsumesPointer(old: Pointer, now: Pointer, ids: SameIds): boolean {
  if (old.kind === "arena") return now.kind === "arena";
  const same =
    old.kind === now.kind &&
    old.nullable === now.nullable &&
    old.offset === now.offset &&
    old.size === now.size &&
    old.map === now.map &&
    old.place === now.place &&
    old.trust === now.trust &&
    old.own === now.own &&
    old.ofPacket === now.ofPacket &&
    old.type?.id === now.type?.id &&
    old.type?.types === now.type?.types;
  return (
    same &&
    (old.range < 0 || now.range < 0 ? old.range === now.range : old.range <= now.range) &&
    covers(old.variable, now.variable) &&
    samePlace(old.id, now.id, ids) &&
    samePlace(old.reference, now.reference, ids) &&
    samePlace(old.slice, now.slice, ids) &&
    samePlace(old.mapId, now.mapId, ids)
  );
}

/** Ids of addresses and objects: what one has of them, the other has too. */
export function samePlace(old: number, now: number, ids: SameIds): boolean {
  return (old === 0) === (now === 0) && sameId(old, now, ids);
}

/** Whether two ids mean the same. What the old state did not tell apart from others need not be now. */
export function sameId(old: number, now: number, ids: SameIds): boolean {
  if (old === 0) return true;
  if (now === 0) return false;
  const known = ids.get(old);
  if (known !== undefined) return known === now;
  for (const other of ids.values()) if (other === now) return false;
  ids.set(old, now);
  return true;
}

/** Refuses places that need not be a multiple of `size`. */
export function assertAligned(
  to: Pointer,
  added: number,
  { size, what }: { readonly size: number; readonly what: "stack" | "value" },
): void {
  const { value, mask } = to.variable.bits;
  const fixed = to.offset + added;
  const low = BigInt(size - 1);
  const fits = (mask & low) === 0n && ((value + BigInt(fixed)) & low) === 0n;
  if (!fits) throw new Refusal(`misaligned ${what} access off ${fixed} size ${size}`);
}

/** Least and greatest offset; as doubles, which are exact as far as anything that is allowed. */
export function reach(
  to: Pointer,
  added: number,
): { readonly least: number; readonly most: number } {
  const fixed = to.offset + added;
  return {
    least: fixed + Number(to.variable.wide.smin),
    most: fixed + Number(to.variable.wide.smax),
  };
}
