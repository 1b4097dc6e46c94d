/**
 * Parts of byte arrays, and what reads into them and writes them out: lengths that are only known at run time.
 *
 * A part is an address in a register and a number of bytes. That it lies inside of the whole has to follow from the ranges
 * of its numbers: no check is made at run time, and the verifier makes the same proof again.
 * @module
 */
import { readInto, type ReadSpace, readTextInto } from "../../builtins/read-into.ts";
import type { Operand } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { compute } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import { type Entity, numberScalar, type Special } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { callHelper } from "../memory/helper-call.ts";
import { addressOf, type DirectPlace, scaledAddress } from "../memory/place.ts";
import { rangeOf, withRange } from "../range.ts";
import { toNumber, toRegister } from "../scalar.ts";
import { isScalarType } from "../type.ts";
import { placeOf } from "./arguments.ts";

/** So many bytes from a place on. */
class ByteRange {
  readonly start: DirectPlace;
  readonly length: Operand;

  constructor(start: DirectPlace, length: Operand) {
    this.start = start;
    this.length = length;
  }
}

/** Methods of byte arrays and of parts of them. */
export function byteMethods(
  receiver: Entity,
  name: string,
): ((site: CallSite) => Entity) | undefined {
  return name === "subarray" && rangeIn(receiver) !== undefined ? subarray : undefined;
}

/** The bytes that an entity is; `undefined` for anything else. */
function rangeIn(entity: Entity): ByteRange | undefined {
  if (entity.kind === "special" && entity.data instanceof ByteRange) return entity.data;
  if (entity.kind !== "place" || entity.address.kind === "indexed") return undefined;
  const { type } = entity;
  if (type.kind !== "array" || type.element.name !== "u8" || type.length === 0) return undefined;
  return new ByteRange(entity as DirectPlace, BigInt(type.size));
}

function subarray(site: CallSite): Entity {
  const { lowering } = site;
  site.expectArguments(1, 2);
  const whole = rangeIn(site.receiver!)!;
  const from = within(site, 0, whole.length);
  const start = advanced(lowering, whole.start, from);
  if (!site.has(1)) return part(new ByteRange(start, minus(lowering, whole.length, from)));
  const to = within(site, 1, whole.length);
  const length = minus(lowering, to, from);
  if (rangeOf(lowering, length).min >= 0n) return part(new ByteRange(start, length));
  return site.fail(
    "how long this part is does not follow from its ends",
    "take it in two steps: bytes.subarray(start).subarray(0, length)",
  );
}

function part(range: ByteRange): Special {
  return {
    kind: "special",
    description: "a part of bytes",
    data: range,
    member: (_, name) => {
      if (name === "length") return numberScalar(range.length);
      return name === "subarray" ? { kind: "method", receiver: part(range), name } : undefined;
    },
  };
}

/** An argument that is a number from 0 to the length of the whole. */
function within(site: CallSite, index: number, length: Operand): Operand {
  const { lowering } = site;
  const node = site.argumentNode(index);
  const operand = toNumber(lowering, site.argument(index), node);
  const { min, max } = rangeOf(lowering, operand);
  const most = rangeOf(lowering, length).min;
  if (min >= 0n && max <= most) return operand;
  return lowering.fail(
    node,
    `this may be outside of what is there, which is 0 to ${most}`,
    `limit it: Math.min(Math.max(n, 0), ${most})`,
  );
}

function minus(lowering: Lowering, left: Operand, right: Operand): Operand {
  if (right === 0n) return left;
  const [a, b] = [rangeOf(lowering, left), rangeOf(lowering, right)];
  const range = { min: a.min - b.max, max: a.max - b.min };
  return withRange(lowering, compute(lowering, "sub", [left, right]), range);
}

/** A place so many bytes further. */
function advanced(lowering: Lowering, place: DirectPlace, bytes: Operand): DirectPlace {
  const { address } = place;
  if (typeof bytes === "bigint") {
    return { ...place, address: { ...address, offset: address.offset + Number(bytes) } };
  }
  const element = { kind: "indexed", array: address, index: bytes, stride: 1, offset: 0 } as const;
  return { ...place, address: scaledAddress(lowering, { ...element, length: place.type.size }) };
}

/** Functions that fill bytes. */
export const readIntoFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [readInto, readBytes],
  [readTextInto, readText],
]);

function readBytes(site: CallSite): Entity {
  const { space, start, length, from } = readArguments(site);
  return numberScalar(callHelper(site.lowering, `probe_read_${space}`, [start, length, from]));
}

/** MAX_ERRNO of include/linux/err.h. */
const largestError = 4095n;

function readText(site: CallSite): Entity {
  const { lowering } = site;
  const { space, start, length, from } = readArguments(site);
  const result = callHelper(lowering, `probe_read_${space}_str`, [start, length, from]);
  const range = { min: -largestError, max: rangeOf(lowering, length).max };
  return numberScalar(withRange(lowering, result, range));
}

/** What both are given: bytes to fill, an address, and whose memory it is of. */
function readArguments(site: CallSite): {
  readonly start: DirectPlace;
  readonly length: Operand;
  readonly from: Operand;
  readonly space: ReadSpace;
} {
  site.expectArguments(3);
  const { start, length } = bytesArgument(site, 0);
  return { start, length, from: addressArgument(site, 1), space: spaceArgument(site, 2) };
}

function bytesArgument(site: CallSite, index: number): ByteRange {
  const entity = site.argument(index);
  const range = rangeIn(entity);
  if (range === undefined) {
    const hint = "give a field of layout bytes(n), or a part of one: record.text.subarray(0, n)";
    return site.lowering.fail(
      site.argumentNode(index),
      `${describeEntity(entity)} is given where bytes are needed`,
      hint,
    );
  }
  if (range.start.region.writable) return range;
  return site.lowering.fail(
    site.argumentNode(index),
    `${range.start.region.name} cannot be written to`,
    "give a field of an event, of a map value or of a struct on the stack",
  );
}

/** An address: of an object that lies in memory, or a number. */
function addressArgument(site: CallSite, index: number): Operand {
  const { lowering } = site;
  const entity = site.argument(index);
  const isObject = entity.kind === "place" && !isScalarType(entity.type);
  if (isObject && entity.address.kind !== "indexed") {
    return addressOf(lowering, entity as DirectPlace);
  }
  return toRegister(lowering, entity, site.argumentNode(index));
}

function spaceArgument(site: CallSite, index: number): ReadSpace {
  const entity = site.argument(index);
  const space = entity.kind === "constant" ? entity.value : undefined;
  if (space === "kernel" || space === "user") return space;
  return site.fail(
    'whose memory is read must be "kernel" or "user"',
    "write it as the last argument",
  );
}

/** The first bytes of memory that is given, as many as the next argument says. */
export function firstBytes(site: CallSite, index: number): readonly [DirectPlace, Operand] {
  const argument = { entity: site.argument(index), node: site.argumentNode(index) };
  const place = placeOf(site.lowering, argument);
  const range = rangeIn(argument.entity);
  if (place === undefined && range === undefined) {
    return site.lowering.fail(
      argument.node,
      `${describeEntity(argument.entity)} does not lie in memory`,
      "give a struct, a map value, or bytes",
    );
  }
  const start = range?.start ?? place!;
  return [start, within(site, index + 1, range?.length ?? BigInt(start.type.size))];
}
