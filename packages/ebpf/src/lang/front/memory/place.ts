/**
 * Places in memory: making them, going to their parts, and getting at their addresses.
 * @module
 */
import type { CoreField } from "../../../spec/core-relocation.ts";
import type { MemoryKind, Operand, StackSlot, Value } from "../../ir/operation.ts";
import { branch, compute } from "../compute.ts";
import type {
  Address,
  IndexedAddress,
  MemoryAddress,
  Place,
  Pointer,
  PointerValueType,
  SlotAddress,
} from "../entity.ts";
import { regions } from "../entity.ts";
import type { FlowEnd, Lowering } from "../lowering.ts";
import { isSeen, rangeOf } from "../range.ts";
import type { ArrayType, MemoryField, MemoryType } from "../type.ts";

/** A place whose address is known, if need be by a register. */
export interface DirectPlace extends Place {
  readonly address: SlotAddress | MemoryAddress;
}

/** A new part of the stack for a value of `type`. It holds whatever was there before. */
export function stackPlace(lowering: Lowering, type: MemoryType, name: string): DirectPlace {
  // Aligned as the largest words are, so that it can be filled and copied with them.
  const slot = lowering.builder.slot(name, Math.max(type.size, 1), 8);
  return slotPlace(slot, type);
}

/** All of a part of the stack. */
export function slotPlace(slot: StackSlot, type: MemoryType): DirectPlace {
  const address = { kind: "slot", slot, offset: 0 } as const;
  return { kind: "place", type, region: regions.stack, address };
}

/** What a pointer points to, as a place. That it is not null is for the caller to know. */
export function pointeePlace(lowering: Lowering, pointer: Pointer): DirectPlace {
  return placeBehind(lowering, pointer.operand, pointer.type);
}

/** The place that an address in a register is of. */
export function placeBehind(
  lowering: Lowering,
  operand: Operand,
  type: PointerValueType,
): DirectPlace {
  const { target, region, map, end } = type;
  const base = asValue(lowering, operand);
  const core = coreRoot(type);
  const address = { kind: "memory", base, offset: 0 } as const;
  const known = { ...(core && { core }), ...(map && { map }), ...(end !== undefined && { end }) };
  return { kind: "place", type: target, region, address, ...known };
}

/** Where paths of CO-RE relocations start: at structs of the kernel that have a name. */
function coreRoot({ target, region }: PointerValueType): CoreField | undefined {
  const movable = region.memory === "kernel" || region === regions.record;
  if (!movable || target.kind !== "struct" || target.kernelName === undefined) return undefined;
  return { struct: target.kernelName, path: [] };
}

/** A field of a struct in memory. */
export function fieldPlace(place: Place, name: string, field: MemoryField): Place {
  const { core, bitField: _, ...rest } = place;
  return {
    ...rest,
    type: field.type,
    address: offsetAddress(place.address, field.offset),
    ...(core && { core: { struct: core.struct, path: [...core.path, name] } }),
    ...(field.bitField && { bitField: field.bitField }),
  };
}

/** An element of an array in memory, by an index known when compiling; it is inside of the array. */
export function elementPlace(place: Place, type: ArrayType, index: number): Place {
  const { core, ...rest } = place;
  return {
    ...rest,
    type: type.element,
    address: offsetAddress(place.address, index * type.element.size),
    ...(core && { core: { struct: core.struct, path: [...core.path, index] } }),
  };
}

/** An element of an array in memory, by a number in a register that is checked where the place is used. */
export function indexedPlace(
  lowering: Lowering,
  {
    place,
    type,
    index,
  }: { readonly place: DirectPlace; readonly type: ArrayType; readonly index: Operand },
): Place {
  const { core: _, ...rest } = place;
  const array = coreAddress(lowering, place);
  const stride = type.element.size;
  const indexed: Address = {
    kind: "indexed",
    array,
    index,
    length: type.length,
    stride,
    offset: 0,
  };
  const { min, max } = rangeOf(lowering, index);
  // What only we know to be inside is checked all the same: the verifier has to see it.
  const isKnown = isSeen(lowering, index) && place.end === undefined;
  const isInside = isKnown && min >= 0n && max < BigInt(type.length);
  // Helpers read from anywhere; and the verifier does not follow kernel pointers that a variable was added to.
  const region = place.region === regions.kernel ? regions.untracked : place.region;
  const isFree = isInside || (type.length === 0 && region.access !== "direct");
  const address = isFree ? scaledAddress(lowering, indexed) : indexed;
  return { ...rest, region, type: type.element, address };
}

/** The address of a place with its CO-RE relocation, if it has one, already applied. */
function coreAddress(lowering: Lowering, place: DirectPlace): SlotAddress | MemoryAddress {
  if (place.core === undefined || place.core.path.length === 0) return place.address;
  return { kind: "memory", base: addressOf(lowering, place), offset: 0 };
}

/** The address of an element whose index is known to be inside. */
export function scaledAddress(
  lowering: Lowering,
  address: Extract<Address, { kind: "indexed" }>,
): MemoryAddress {
  const { array, index, stride, offset } = address;
  const base = addressRegister(lowering, array);
  const distance = compute(lowering, "mul", [index, BigInt(stride)]);
  const sum = lowering.builder.define(
    { kind: "binary", op: "add", width: 64, left: base, right: distance },
    { pointer: true },
  );
  return { kind: "memory", base: sum, offset };
}

/**
 * Goes on to `inside` with the place of an element, when its index is inside of its array. In packets its own end is
 * compared with that of the packet: once a variable was added to a pointer, the verifier forgets what it compared.
 */
export function insideElement(
  lowering: Lowering,
  place: Place & { readonly address: IndexedAddress },
  targets: { readonly inside: FlowEnd; readonly outside: FlowEnd },
): () => DirectPlace {
  const { address, end, type } = place;
  const { inside, outside } = targets;
  const within = end === undefined ? inside : lowering.flowEnd();
  branch(lowering, [address.index, "lt", BigInt(address.length)], { then: within, else: outside });
  if (end === undefined) return () => ({ ...place, address: scaledAddress(lowering, address) });
  lowering.enter(within);
  const scaled = scaledAddress(lowering, address);
  const right = BigInt(scaled.offset + type.size);
  const behind = lowering.builder.define(
    { kind: "binary", op: "add", width: 64, left: scaled.base, right },
    { pointer: true },
  );
  branch(lowering, [behind, "gt", end], { then: outside, else: inside });
  return () => ({ ...place, address: scaled });
}

function offsetAddress(address: Address, bytes: number): Address {
  return { ...address, offset: address.offset + bytes };
}

/**
 * The address of a place in a register. Where its offset depends on the kernel, that is relocated.
 */
export function addressOf(lowering: Lowering, place: DirectPlace): Value {
  const { core, address } = place;
  if (core === undefined || core.path.length === 0 || address.kind === "slot") {
    return addressRegister(lowering, address);
  }
  const offset = lowering.builder.define({
    kind: "core-constant",
    core: { kind: "field-offset", field: core },
    value: BigInt(address.offset),
  });
  return lowering.builder.define(
    { kind: "binary", op: "add", width: 64, left: address.base, right: offset },
    { pointer: true },
  );
}

function addressRegister(lowering: Lowering, address: SlotAddress | MemoryAddress): Value {
  const { builder } = lowering;
  if (address.kind === "slot") {
    const { slot, offset } = address;
    return builder.define({ kind: "slot-address", slot, offset }, { pointer: true });
  }
  if (address.offset === 0) return address.base;
  const [left, right] = [address.base, BigInt(address.offset)];
  return builder.define({ kind: "binary", op: "add", width: 64, left, right }, { pointer: true });
}

/** An operand in a register, as bases of accesses must be. */
export function asValue(lowering: Lowering, operand: Operand): Value {
  if (typeof operand !== "bigint") return operand;
  // Only what is never run gets here: a null pointer that was checked.
  return lowering.builder.define({ kind: "binary", op: "or", width: 64, left: operand, right: 0n });
}

/** The part of the stack a place is in: helpers that are given its address touch it. */
export function slotOf(place: Place): StackSlot | undefined {
  const { address } = place;
  if (address.kind === "slot") return address.slot;
  if (address.kind === "indexed" && address.array.kind === "slot") return address.array.slot;
  return undefined;
}

/** How a place is aligned for sure: a power of two up to 8. */
export function alignmentOf({ address, region }: Place): 1 | 2 | 4 | 8 {
  const bits =
    address.kind === "indexed"
      ? address.offset | address.stride | address.array.offset
      : address.offset;
  // Headers are of an even length, behind an Ethernet header that is not of a multiple of four.
  const largest = region.memory === "packet" ? 2 : 8;
  return lowestBit(bits | largest) as 1 | 2 | 4 | 8;
}

function lowestBit(bits: number): number {
  return bits & -bits;
}

/** What kind of memory a place is in, for loads and stores. */
export function memoryKind({ region }: Place): MemoryKind {
  return region.memory;
}
