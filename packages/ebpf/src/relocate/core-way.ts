/**
 * What a relocation asks for, as a way: the type it starts from, by name, and the steps from there to a field or an
 * enumerator.
 *
 * The same way leads through the types of any kernel. One that comes from an object file also knows the types it was
 * compiled with, so that what is found can be compared with what was meant.
 * @module
 */
import { failType, resolveType, sizeOf } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfArray, BtfKind, BtfMember, BtfType } from "../btf/type.ts";
import type {
  LocalCoreRelocation,
  CoreRelocation,
  CoreRelocationSite,
} from "../spec/core-relocation.ts";
import type { TypeAt } from "./compatible.ts";

/** Where a way starts and how it goes on. */
export interface CoreWay {
  /** Name of the type it starts from, with its flavour. */
  readonly name: string;
  /** Elements to go ahead before the first step, as behind a pointer to several. */
  readonly first: number;
  readonly steps: readonly WayStep[];
  /** Name of the enumerator that is asked for, if one is. */
  readonly enumerator: string | undefined;
  /** What is known of the types a program was compiled with. */
  readonly local: LocalEnds | undefined;
}

/** The types at both ends of a way, in the types a program was compiled with. */
export interface LocalEnds {
  readonly kind: BtfKind;
  readonly root: TypeAt;
  /** Where the way ends there. */
  readonly place: CorePlace;
}

/** To the member of a name, or the element of an index. Members of unnamed structs count as those of what they are in. */
export type WayStep =
  | { readonly kind: "member"; readonly name: string; readonly local: TypeAt | undefined }
  | { readonly kind: "element"; readonly index: number };

/** A place in memory that is counted from the start of a type. */
export interface CorePlace {
  /** Type of what is there, typedefs and qualifiers included. */
  readonly type: number;
  readonly bitOffset: number;
  /** Bits of a bit-field; 0 when it is none. */
  readonly bitfieldSize: number;
  /** Whether it is the last member of its struct, where arrays without a length are flexible. */
  readonly isLast: boolean;
}

/**
 * The way of a relocation.
 * @throws {MalformedError} when it leads nowhere in the types of the object file that it is of.
 */
export function wayOf({ core, local: origin }: CoreRelocationSite): CoreWay {
  return origin === undefined ? wayByName(core) : wayByNumber(core, origin);
}

function wayByName(core: CoreRelocation): CoreWay {
  const rest = { first: 0, local: undefined };
  if (!("field" in core)) {
    return {
      ...rest,
      name: core.type,
      steps: [],
      enumerator: "name" in core ? core.name : undefined,
    };
  }
  const steps = core.field.path.map((step): WayStep =>
    typeof step === "number"
      ? { kind: "element", index: step }
      : { kind: "member", name: step, local: undefined },
  );
  return { ...rest, name: core.field.struct, steps, enumerator: undefined };
}

function wayByNumber(core: CoreRelocation, origin: LocalCoreRelocation): CoreWay {
  const { types, type } = origin;
  const root = { types, id: type };
  const { name, kind } = types.typeById(type);
  const start: CorePlace = { type, bitOffset: 0, bitfieldSize: 0, isLast: false };
  const here = { name, first: 0, steps: [], enumerator: undefined };
  if (!("field" in core)) {
    const enumerator = "name" in core ? enumeratorAt(origin) : undefined;
    return { ...here, enumerator, local: { kind, root, place: start } };
  }
  const [first, ...numbers] = numbersOf(origin);
  const ahead = { ...start, bitOffset: first === 0 ? 0 : 8 * first! * sizeOf(types, type) };
  const { steps, place } = stepsAlong(origin, numbers, ahead);
  return { ...here, first: first!, steps, local: { kind, root, place } };
}

function numbersOf(origin: LocalCoreRelocation): readonly number[] {
  if (!/^\d{1,9}(:\d{1,9})*$/.test(origin.access)) lost(origin);
  return origin.access.split(":").map(Number);
}

/** The enumerator that the access says. Old compilers of enumerations wrote it as any other way. */
function enumeratorAt(origin: LocalCoreRelocation): string {
  const type = resolveType(origin.types, origin.type);
  const [number] = numbersOf(origin);
  const value = "values" in type ? type.values[number!] : undefined;
  return value?.name ?? lost(origin);
}

function stepsAlong(
  origin: LocalCoreRelocation,
  numbers: readonly number[],
  start: CorePlace,
): { readonly steps: readonly WayStep[]; readonly place: CorePlace } {
  const { types } = origin;
  const steps: WayStep[] = [];
  let place = start;
  for (const number of numbers) {
    const type = resolveType(types, place.type);
    if (type.kind === "array") {
      place = elementAt(types, { array: type, place, index: number }) ?? lost(origin);
      steps.push({ kind: "element", index: number });
      continue;
    }
    const member = "members" in type ? type.members[number] : undefined;
    if (member === undefined) return lost(origin);
    place = memberPlace(type, place, member);
    if (member.name === "") continue;
    steps.push({ kind: "member", name: member.name, local: { types, id: member.type } });
  }
  return { steps, place };
}

function lost({ types, type, access }: LocalCoreRelocation): never {
  failType(
    types,
    type,
    `a relocation asks for ${JSON.stringify(access)} in it, which is not there`,
  );
}

/** Where a member of the composite at `place` lies. */
function memberPlace(type: BtfType, place: CorePlace, member: BtfMember): CorePlace {
  const isLast = "members" in type && type.members.at(-1) === member;
  const { bitfieldSize } = member;
  return { type: member.type, bitOffset: place.bitOffset + member.bitOffset, bitfieldSize, isLast };
}

/** An element of an array that lies at `place`; `undefined` when there is none of that index. */
export function elementAt(
  types: TypeSource,
  {
    array,
    place,
    index,
  }: { readonly array: BtfArray; readonly place: CorePlace; readonly index: number },
): CorePlace | undefined {
  const isFlexible = array.length === 0 && place.isLast;
  if (!isFlexible && index >= array.length) return undefined;
  const bits = 8 * index * sizeOf(types, array.type);
  return { type: array.type, bitOffset: place.bitOffset + bits, bitfieldSize: 0, isLast: false };
}
