/**
 * A small writer of BTF for tests: every kind, both byte orders, split BTF, and headers of later kernels.
 *
 * Types are added one by one, each call returns the id of what it added, and later ids can be guessed ahead. It checks
 * nothing, so that damaged BTF can be made with it; what is to be loaded into a kernel takes a real writer.
 * @module
 */
import { kindNumber } from "./type-table.ts";
import type { BtfKind } from "./type.ts";

/** A member of a struct to be built: where it starts, in bits, and how many bits if it is a bit-field. */
export type MemberSpec = readonly [name: string, type: number, bitOffset: number, bits?: number];

/** What the BTF shall look like outside of its types. */
export interface BuildOptions {
  readonly byteOrder?: "little" | "big";
  /** Bytes of the header; more than 24 as later kernels have it. */
  readonly headerSize?: number;
  /** The layout section, which takes a header of 32 bytes. */
  readonly layout?: readonly number[];
}

/** Collects types and strings; `build` makes bytes of them. */
export class BtfBuilder {
  readonly #words: number[] = [];
  readonly #strings: string[];
  #nextId: number;
  #nextString: number;
  readonly #offsets: Map<string, number>;

  /** With `base`, builds split BTF that continues it. */
  constructor(base?: BtfBuilder) {
    this.#strings = base === undefined ? [""] : [];
    this.#nextId = base === undefined ? 1 : base.#nextId;
    this.#nextString = base === undefined ? 1 : base.#nextString;
    this.#offsets = new Map(base === undefined ? [["", 0]] : base.#offsets);
  }

  /** The id the next type will get. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Offset of `text` in the strings, to which it is added if need be. */
  string(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#nextString;
    this.#offsets.set(text, offset);
    this.#strings.push(text);
    this.#nextString += new TextEncoder().encode(text).length + 1;
    return offset;
  }

  /** Adds a type as it is: `info` is the second word, `value` the third, `extra` what follows. */
  raw(
    name: string,
    [info, value]: readonly [number, number],
    extra: readonly number[] = [],
  ): number {
    this.#words.push(this.string(name), info, value);
    for (const word of extra) this.#words.push(word);
    return this.#nextId++;
  }

  int(name: string, size: number, encoding = 0, bits: number = 8 * size): number {
    return this.raw(name, [info("int"), size], [(encoding << 24) | bits]);
  }

  /** A type that only refers to another: pointer, typedef, qualifier, tag of a type, function. */
  reference(kind: BtfKind, type: number, name = "", flag = 0): number {
    return this.raw(name, [info(kind, 0, flag), type]);
  }

  ptr(type: number): number {
    return this.reference("ptr", type);
  }

  array(type: number, length: number, indexType = 1): number {
    return this.raw("", [info("array"), 0], [type, indexType, length]);
  }

  /** A struct or union; the flag is set when a member is a bit-field. */
  composite(
    kind: "struct" | "union",
    [name, size]: readonly [string, number],
    members: readonly MemberSpec[],
  ): number {
    const flag = members.some(([, , , bits]) => bits !== undefined) ? 1 : 0;
    const extra = members.flatMap(([member, type, offset, bits = 0]) => [
      this.string(member),
      type,
      (bits << 24) | offset,
    ]);
    return this.raw(name, [info(kind, members.length, flag), size], extra);
  }

  struct(name: string, size: number, members: readonly MemberSpec[]): number {
    return this.composite("struct", [name, size], members);
  }

  union(name: string, size: number, members: readonly MemberSpec[]): number {
    return this.composite("union", [name, size], members);
  }

  enum(name: string, values: Readonly<Record<string, number>>, signed = 0): number {
    const extra = Object.entries(values).flatMap(([key, value]) => [this.string(key), value]);
    return this.raw(name, [info("enum", extra.length / 2, signed), 4], extra);
  }

  enum64(name: string, values: Readonly<Record<string, bigint>>, signed = 0): number {
    const extra = Object.entries(values).flatMap(([key, value]) => [
      this.string(key),
      Number(BigInt.asUintN(32, value)),
      Number(BigInt.asUintN(32, value >> 32n)),
    ]);
    return this.raw(name, [info("enum64", extra.length / 3, signed), 8], extra);
  }

  proto(returns: number, parameters: readonly (readonly [name: string, type: number])[]): number {
    const extra = parameters.flatMap(([name, type]) => [this.string(name), type]);
    return this.raw("", [info("func_proto", parameters.length), returns], extra);
  }

  func(name: string, proto: number, linkage = 0): number {
    return this.raw(name, [info("func", linkage), proto]);
  }

  variable(name: string, type: number, linkage = 0): number {
    return this.raw(name, [info("var"), type], [linkage]);
  }

  datasec(
    [name, size]: readonly [string, number],
    variables: readonly (readonly [type: number, offset: number, size: number])[],
  ): number {
    return this.raw(name, [info("datasec", variables.length), size], variables.flat());
  }

  declTag(word: string, type: number, component = -1, flag = 0): number {
    return this.raw(word, [info("decl_tag", 0, flag), type], [component]);
  }

  /** The header, the types, the strings and the layout section, one after the other. */
  build(options: BuildOptions = {}): Uint8Array<ArrayBuffer> {
    const { byteOrder = "little", layout = [] } = options;
    const { headerSize = layout.length > 0 ? 32 : 24 } = options;
    const little = byteOrder === "little";
    const text = this.#strings.length === 0 ? "" : `${this.#strings.join("\0")}\0`;
    const strings = new TextEncoder().encode(text);
    const typeLength = 4 * this.#words.length;
    const stringsEnd = typeLength + strings.length;
    const bytes = new Uint8Array(headerSize + stringsEnd + layout.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xeb9f, little);
    bytes[2] = 1;
    const fields = [headerSize, 0, typeLength, typeLength, strings.length];
    if (layout.length > 0) fields.push(stringsEnd, layout.length);
    for (const [index, field] of fields.entries()) view.setUint32(4 + 4 * index, field, little);
    for (const [index, word] of this.#words.entries()) {
      view.setUint32(headerSize + 4 * index, word, little);
    }
    bytes.set(strings, headerSize + typeLength);
    bytes.set(layout, headerSize + stringsEnd);
    return bytes;
  }
}

/** The second word of a type. */
export function info(kind: BtfKind | number, count = 0, flag = 0): number {
  const number = typeof kind === "number" ? kind : kindNumber(kind);
  return ((flag << 31) | (number << 24) | count) >>> 0;
}
