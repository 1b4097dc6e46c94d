/**
 * Writes values into memory as the kernel's types lay them out.
 *
 * BTF says where members are and how wide they are; what a pointer is given that is no address is placed in memory of its
 * own. A member that the type does not have is an error that names the one that may have been meant.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import type { BtfMember, BtfStruct, BtfType, BtfTypeId, BtfUnion } from "../../btf/type.ts";
import { type Given, type GivenObject, isObject } from "./given.ts";
import type { Placement } from "./placement.ts";

/** A place in memory, and what messages call it. */
interface Place {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly name: string;
}

const encoder = new TextEncoder();

/** Writes values of one BTF's types. */
export class TypedWriter {
  readonly #btf: Btf;
  readonly #placement: Placement;

  constructor(btf: Btf, placement: Placement) {
    this.#btf = btf;
    this.#placement = placement;
  }

  /**
   * An object of a struct or union in memory of its own: its address. The same object is placed once.
   * @throws {InvalidArgumentError} when there is no such type, or it has no such member.
   */
  object(type: string | BtfTypeId, members: GivenObject): bigint {
    const known = this.#placement.addressOf(members);
    if (known !== undefined) return known;
    const { id, size, name } = this.#composite(type);
    const bytes = new Uint8Array(size);
    const address = this.#placement.allocate(`a ${name || "struct"}`, bytes);
    this.#placement.note(members, address);
    this.write({ bytes, offset: 0, name }, id, members);
    return address;
  }

  /** The 64 bits in which an argument of the type travels. `undefined` is 0. */
  word(type: BtfTypeId, given: Given, name: string): bigint {
    if (given === undefined) return 0n;
    const resolved = this.#btf.resolve(type);
    if (resolved.kind === "ptr") return this.#pointer(resolved.type, given, name);
    const bytes = new Uint8Array(8);
    const size = this.#btf.size(type);
    this.write({ bytes, offset: 0, name }, type, given);
    const word = viewOf(bytes).getBigUint64(0, true);
    const isSigned = resolved.kind === "int" && resolved.encoding === "signed";
    return isSigned ? BigInt.asUintN(64, BigInt.asIntN(8 * size, word)) : word;
  }

  /** Writes a value of a type to a place. */
  write(place: Place, type: BtfTypeId, given: Given): void {
    if (given === undefined || given === null) return;
    const resolved = this.#btf.resolve(type);
    if (resolved.kind === "struct" || resolved.kind === "union")
      this.#writeMembers(place, resolved, given);
    else if (resolved.kind === "array") this.#writeArray(place, resolved, given);
    else if (resolved.kind === "ptr")
      store(place, 8, this.#pointer(resolved.type, given, place.name));
    else store(place, this.#btf.size(type), this.#integer(resolved, given, place.name));
  }

  /** Address for what a pointer is given. */
  #pointer(target: BtfTypeId, given: Given, name: string): bigint {
    if (given === null || given === undefined) return 0n;
    if (typeof given === "number" || typeof given === "bigint")
      return BigInt.asUintN(64, BigInt(given));
    if (typeof given === "string" || given instanceof Uint8Array)
      return this.#placement.place(given);
    const type = this.#btf.resolve(target);
    if (isObject(given)) {
      if (type.kind === "struct" || type.kind === "union") return this.object(type.id, given);
      throw wrong(name, this.#btf.describe(target), "an object");
    }
    if (typeof given === "boolean") throw wrong(name, this.#btf.describe(target), "true or false");
    const size = this.#btf.size(target);
    const bytes = new Uint8Array(size * given.length);
    const address = this.#placement.allocate(`what ${name} points to`, bytes);
    for (const [index, element] of given.entries())
      this.write({ bytes, offset: index * size, name: `${name}[${index}]` }, target, element);
    return address;
  }

  #writeMembers(place: Place, type: BtfStruct | BtfUnion, given: Given): void {
    if (given instanceof Uint8Array && given.length <= type.size) {
      place.bytes.set(given, place.offset);
      return;
    }
    if (!isObject(given)) throw wrong(place.name, `struct ${type.name}`, describe(given));
    for (const [name, value] of Object.entries(given)) {
      const found = this.#member(type, name);
      if (found === undefined) throw this.#unknown(type, name);
      const { member, bitOffset } = found;
      const inner = { ...place, name: `${place.name}.${name}` };
      if (member.bitfieldSize > 0) this.#writeBits(inner, { member, bitOffset }, value);
      else this.write({ ...inner, offset: place.offset + bitOffset / 8 }, member.type, value);
    }
  }

  /** A member, also one of an unnamed struct within, and where it is. */
  #member(type: BtfStruct | BtfUnion, name: string): FoundMember | undefined {
    for (const member of type.members) {
      if (member.name === name) return { member, bitOffset: member.bitOffset };
      if (member.name !== "") continue;
      const inner = this.#btf.resolve(member.type);
      if (inner.kind !== "struct" && inner.kind !== "union") continue;
      const found = this.#member(inner, name);
      if (found !== undefined)
        return { member: found.member, bitOffset: member.bitOffset + found.bitOffset };
    }
    return undefined;
  }

  #unknown(type: BtfStruct | BtfUnion, name: string): InvalidArgumentError {
    const names = [...this.#names(type)];
    const hint = didYouMean(name, names) ?? `it has ${names.slice(0, 12).join(", ")}`;
    return new InvalidArgumentError(`struct ${type.name} has no member "${name}"`, { hint });
  }

  *#names(type: BtfStruct | BtfUnion): Generator<string, void> {
    for (const { name, type: id } of type.members) {
      const inner = name === "" ? this.#btf.resolve(id) : undefined;
      if (inner === undefined) yield name;
      else if (inner.kind === "struct" || inner.kind === "union") yield* this.#names(inner);
    }
  }

  #writeBits(place: Place, { member, bitOffset }: FoundMember, given: Given): void {
    const value = this.#integer(this.#btf.resolve(member.type), given, place.name);
    for (let bit = 0; bit < member.bitfieldSize; bit++) {
      const at = bitOffset + bit;
      const index = place.offset + (at >> 3);
      const mask = 1 << (at & 7);
      const isSet = ((value >> BigInt(bit)) & 1n) === 1n;
      place.bytes[index] = isSet ? place.bytes[index]! | mask : place.bytes[index]! & ~mask;
    }
  }

  #writeArray(place: Place, type: Extract<BtfType, { kind: "array" }>, given: Given): void {
    const size = this.#btf.size(type.type);
    const room = size * type.length;
    if (typeof given === "string" || given instanceof Uint8Array) {
      const bytes = typeof given === "string" ? encoder.encode(given) : given;
      // Text of the kernel ends with a zero byte.
      const limit = typeof given === "string" ? Math.max(room - 1, 0) : room;
      place.bytes.set(bytes.subarray(0, limit), place.offset);
      return;
    }
    if (!Array.isArray(given)) throw wrong(place.name, "an array", describe(given));
    if (given.length > type.length)
      throw new InvalidArgumentError(`${place.name} has ${type.length} elements`, {
        hint: `${given.length} were given`,
      });
    for (const [index, element] of (given as readonly Given[]).entries()) {
      const name = `${place.name}[${index}]`;
      this.write({ ...place, offset: place.offset + index * size, name }, type.type, element);
    }
  }

  #integer(type: BtfType, given: Given, name: string): bigint {
    if (typeof given === "bigint") return given;
    if (typeof given === "boolean") return given ? 1n : 0n;
    if (typeof given === "number") {
      if (Number.isInteger(given)) return BigInt(given);
      throw wrong(name, "an integer", String(given));
    }
    if (typeof given === "string" && "values" in type) {
      const found = type.values.find((it) => it.name === given);
      if (found !== undefined) return BigInt(found.value);
      const hint = didYouMean(
        given,
        type.values.map((it) => it.name),
      );
      throw new InvalidArgumentError(
        `enum ${type.name} has no "${given}"`,
        hint === undefined ? {} : { hint },
      );
    }
    throw wrong(name, "an integer", describe(given));
  }

  #composite(type: string | BtfTypeId): BtfStruct | BtfUnion {
    const id =
      typeof type === "number"
        ? type
        : (this.#btf.findByName(type, "struct") ?? this.#btf.findByName(type, "union"))?.id;
    const found = this.#btf.resolve(id ?? this.#btf.typeByName(type as string, "struct").id);
    if (found.kind === "struct" || found.kind === "union") return found;
    throw new InvalidArgumentError(`${this.#btf.describe(found.id)} is no struct`);
  }
}

interface FoundMember {
  readonly member: BtfMember;
  readonly bitOffset: number;
}

function store({ bytes, offset }: Place, size: number, value: bigint): void {
  for (let index = 0; index < size; index++)
    bytes[offset + index] = Number((value >> BigInt(8 * index)) & 0xffn);
}

function describe(given: Given): string {
  if (given instanceof Uint8Array) return `${given.length} bytes`;
  return Array.isArray(given) ? "a list" : (JSON.stringify(given) ?? "nothing");
}

function wrong(name: string, wanted: string, given: string): InvalidArgumentError {
  return new InvalidArgumentError(`${name} is ${wanted}, and was given ${given}`);
}
