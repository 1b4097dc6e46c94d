/**
 * Walking along the path of a member, from type to type.
 *
 * Each step adds the bits it goes into the struct. A walk ends with the path or at the first pointer on it, and says
 * how much of the path is left then.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean, plural } from "../base/text.ts";
import { describeType } from "./describe.ts";
import type { PathStep } from "./member-path.ts";
import { resolveType, sizeOf } from "./resolve.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfMember, BtfStruct, BtfType, BtfTypeId, BtfUnion } from "./type.ts";

/** Where a member lies in memory. */
export interface BtfField {
  /** Type of the member, typedefs and qualifiers included. */
  readonly type: BtfTypeId;
  /** Bytes from the start of the struct; for a bit-field, to the byte its first bit is in. */
  readonly offset: number;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Size of its type in bytes; 0 for a flexible array. */
  readonly size: number;
  /** Bits of a bit-field; 0 when it is none. */
  readonly bitfieldSize: number;
}

/** A struct or union. */
export type Composite = BtfStruct | BtfUnion;

function isComposite(type: BtfType): type is Composite {
  return type.kind === "struct" || type.kind === "union";
}

/** The struct or union that `struct` is the name or id of, or a typedef of. */
export function compositeOf(types: TypeSource, struct: string | BtfTypeId): Composite {
  if (typeof struct === "string") return compositeByName(types, struct);
  const type = resolveType(types, struct);
  if (isComposite(type)) return type;
  throw new InvalidArgumentError(`${describeType(types, struct)} has no members in ${types.path}`);
}

function compositeByName(types: TypeSource, name: string): Composite {
  const type = types.findByName(name, "struct") ?? types.findByName(name, "union");
  if (type !== undefined) return type;
  const alias = types.findByName(name, "typedef");
  // None of them: typeByName tells so, with a hint.
  return alias === undefined ? types.typeByName(name, "struct") : compositeOf(types, alias.id);
}

/** How far a walk got: to `field`, a pointer when there is a `rest` of the way. */
export interface Walk {
  readonly field: BtfField;
  readonly rest: readonly PathStep[];
}

/**
 * Goes from `start` along `steps`, of which there is at least one.
 * @throws InvalidArgumentError when a step leads to no member or element.
 */
export function walkPath(types: TypeSource, start: Composite, steps: readonly PathStep[]): Walk {
  let place: Place = { type: start.id, bitOffset: 0, bitfieldSize: 0 };
  for (const [index, step] of steps.entries()) {
    const type = resolveType(types, place.type);
    // The start of a walk is no pointer, so that each walk gets ahead.
    if (type.kind === "ptr") return { field: fieldAt(types, place), rest: steps.slice(index) };
    place =
      step.kind === "member"
        ? memberIn(types, { type, place, name: step.name })
        : elementIn(types, { type, place, index: step.index });
  }
  return { field: fieldAt(types, place), rest: [] };
}

/** Where a walk is. */
interface Place {
  readonly type: BtfTypeId;
  readonly bitOffset: number;
  readonly bitfieldSize: number;
}

/** The field at a place. Old compilers said by the integer type what was a bit-field. */
function fieldAt(types: TypeSource, { type, bitOffset, bitfieldSize }: Place): BtfField {
  const resolved = resolveType(types, type);
  const old = resolved.kind === "int" && resolved.bits !== 8 * resolved.size;
  const from = bitOffset + (old ? resolved.bitOffset : 0);
  return Object.freeze({
    type,
    offset: Math.floor(from / 8),
    bitOffset: from,
    size: sizeOf(types, type),
    bitfieldSize: old && bitfieldSize === 0 ? resolved.bits : bitfieldSize,
  });
}

/** One step from `place`, whose type is `type` behind typedefs. */
interface Step {
  readonly type: BtfType;
  readonly place: Place;
}

/** The member of `composite`, or of an unnamed struct or union in it, that is called `name`. */
export function memberNamed(
  types: TypeSource,
  composite: Composite,
  name: string,
): PlacedMember | undefined {
  for (const placed of membersOf(types, composite)) {
    if (placed.member.name === name) return placed;
  }
  return undefined;
}

function memberIn(types: TypeSource, { type, place, name }: Step & { name: string }): Place {
  if (!isComposite(type)) {
    throw new InvalidArgumentError(
      `${describeType(types, place.type)} has no members, so there is no "${name}" in it`,
    );
  }
  const found = memberNamed(types, type, name);
  if (found !== undefined) {
    const { type: memberType, bitfieldSize } = found.member;
    return { type: memberType, bitOffset: place.bitOffset + found.bitOffset, bitfieldSize };
  }
  throw new InvalidArgumentError(`${describeType(types, type.id)} has no member "${name}"`, {
    hint: hintFor(types, type, name),
  });
}

/** How many members are named when none is like the one that was asked for. */
const membersShown = 8;

function hintFor(types: TypeSource, composite: Composite, name: string): string {
  const names = Array.from(membersOf(types, composite), ({ member }) => member.name);
  const shown = names.slice(0, membersShown).join(", ");
  return didYouMean(name, names) ?? `it has ${shown}${names.length > membersShown ? ", …" : ""}`;
}

/** A member, and where it lies from the start of the struct that was asked. */
export interface PlacedMember {
  readonly member: BtfMember;
  readonly bitOffset: number;
  /** Whether it is the last one of the struct or union it stands in. */
  readonly isLast: boolean;
  /** Members on the way to it: 1 when it is one of the struct that was asked. */
  readonly depth: number;
}

/**
 * The named members of `composite`, those of unnamed structs and unions in it included.
 * Each type is entered once, which also keeps types that contain themselves from being walked forever.
 */
function* membersOf(types: TypeSource, composite: Composite): Generator<PlacedMember, void> {
  const entered = new Set([composite.id]);
  const pending = [{ composite, bitOffset: 0, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const member of next.composite.members) {
      const bitOffset = next.bitOffset + member.bitOffset;
      const isLast = next.composite.members.at(-1) === member;
      if (member.name !== "") yield { member, bitOffset, isLast, depth: next.depth };
      const inner = member.name === "" ? resolveType(types, member.type) : undefined;
      if (inner === undefined || !isComposite(inner) || entered.has(inner.id)) continue;
      entered.add(inner.id);
      pending.push({ composite: inner, bitOffset, depth: next.depth + 1 });
    }
  }
}

function elementIn(types: TypeSource, { type, place, index }: Step & { index: number }): Place {
  if (type.kind !== "array") {
    throw new InvalidArgumentError(
      `${describeType(types, place.type)} is not an array, so there is no [${index}] in it`,
    );
  }
  // A flexible array is one of length 0; only whoever allocated it knows its length.
  if (type.length !== 0 && index >= type.length) {
    throw new InvalidArgumentError(
      `there is no [${index}] in ${describeType(types, place.type)}, which has ${plural(type.length, "element")}`,
    );
  }
  const bits = 8 * index * sizeOf(types, type.type);
  return { type: type.type, bitOffset: place.bitOffset + bits, bitfieldSize: 0 };
}
