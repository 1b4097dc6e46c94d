/**
 * BTF written: types and strings collected, and made into bytes.
 *
 * Types are added one by one and get their ids in this order; a type that refers to itself gets its id first and its
 * content later. Whether what is written makes sense to a kernel is for the kernel to judge.
 * @module
 */
import { littleEndian } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Btf } from "../btf.ts";
import { typeId } from "../type-table.ts";
import type { BtfTypeId } from "../type.ts";
import { encodeType } from "./encode-type.ts";
import { BtfStrings } from "./strings.ts";
import type { BtfTypeData } from "./type-data.ts";

/** Options of {@link BtfWriter}. */
export interface BtfWriterOptions {
  /** What the result continues as split BTF: ids and texts of the base are used where they fit. */
  readonly base?: Btf | undefined;
  /** BTF whose own texts are stored first, so that what refers to them by offset stays right. */
  readonly texts?: Btf | undefined;
  /** That of this machine when left out. */
  readonly byteOrder?: "little" | "big" | undefined;
}

/**
 * Collects types; {@link BtfWriter.encode} makes bytes of them.
 *
 * ```ts
 * const writer = new BtfWriter();
 * const node = writer.reserve();
 * const next = writer.add({ kind: "ptr", name: "", type: node });
 * const members = [{ name: "next", type: next, bitOffset: 0, bitfieldSize: 0 }];
 * writer.define(node, { kind: "struct", name: "node", size: 8, members });
 * writer.encode();
 * ```
 */
export class BtfWriter {
  /** The strings, to which whoever writes what goes along with the types (`btf/ext`) adds theirs. */
  readonly strings: BtfStrings;
  readonly byteOrder: "little" | "big";
  /** Id of the first type that is not of the base. */
  readonly firstId: BtfTypeId;
  readonly #types: (BtfTypeData | StoredType | undefined)[] = [];
  readonly #interned = new Map<string, BtfTypeId>();

  constructor(options: BtfWriterOptions = {}) {
    const { base, texts, byteOrder = littleEndian ? "little" : "big" } = options;
    this.strings = new BtfStrings(base, texts);
    this.byteOrder = byteOrder;
    this.firstId = typeId(base === undefined ? 1 : base.firstId + base.typeCount);
  }

  /** Id of the type added next. */
  get nextId(): BtfTypeId {
    return typeId(this.firstId + this.#types.length);
  }

  /** Adds `type` and returns its id. */
  add(type: BtfTypeData): BtfTypeId {
    this.#types.push(type);
    return typeId(this.nextId - 1);
  }

  /**
   * Adds type `id` of `source` as it is stored there, unread, and returns its id here. `source` is what the texts of this one
   * begin with, and types that it refers to must have the ids that they have there.
   */
  addStored(source: Btf, id: BtfTypeId): BtfTypeId {
    this.#types.push({ kind: "stored", source, id });
    return typeId(this.nextId - 1);
  }

  /** Id of a type that is the same as `type`, which is added when none was interned before. */
  intern(type: BtfTypeData): BtfTypeId {
    const key = encodeType(type, this.strings).join(" ");
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const id = this.add(type);
    this.#interned.set(key, id);
    return id;
  }

  /** An id for a type that {@link BtfWriter.define} gives later. */
  reserve(): BtfTypeId {
    this.#types.push(undefined);
    return typeId(this.nextId - 1);
  }

  /**
   * Says what the type with a reserved id is.
   * @throws {InvalidArgumentError} when `id` was not reserved, or is defined already.
   */
  define(id: BtfTypeId, type: BtfTypeData): void {
    const index = id - this.firstId;
    if (!(index in this.#types) || this.#types[index] !== undefined) {
      throw new InvalidArgumentError(`type ${id} of the BTF to be written was not reserved`);
    }
    this.#types[index] = type;
  }

  /**
   * The types so far, in the order of their ids.
   * @throws {InvalidArgumentError} when one was reserved and not defined.
   */
  types(): readonly BtfTypeData[] {
    return this.#defined().map((type) => {
      return type.kind === "stored" ? (type.source.typeById(type.id) as BtfTypeData) : type;
    });
  }

  #defined(): readonly (BtfTypeData | StoredType)[] {
    return this.#types.map((type, index) => {
      if (type !== undefined) return type;
      throw new InvalidArgumentError(
        `type ${this.firstId + index} of the BTF to be written was reserved and never defined`,
      );
    });
  }

  /**
   * The whole BTF as bytes: header, types and all strings added so far.
   * @throws {InvalidArgumentError} when a type was reserved and not defined, or cannot be stored.
   */
  encode(): Uint8Array<ArrayBuffer> {
    // Types come first: their names become strings on the way.
    const words = this.#defined().map((type) => {
      return type.kind === "stored" ? type.source.stored(type.id) : encodeType(type, this.strings);
    });
    return assembleSections(words, this.strings.encode(), this.byteOrder);
  }
}

/** A type as another BTF has it. */
interface StoredType {
  readonly kind: "stored";
  readonly source: Btf;
  readonly id: BtfTypeId;
}

/** BTF of the given types, the first of which gets id 1, or the one after those of the base. */
export function encodeBtf(
  types: Iterable<BtfTypeData>,
  options: BtfWriterOptions = {},
): Uint8Array<ArrayBuffer> {
  const writer = new BtfWriter(options);
  for (const type of types) writer.add(type);
  return writer.encode();
}

/** Size of the header, `struct btf_header` in include/uapi/linux/btf.h; its picture is in `sections.ts`. */
const headerSize = 24;

function assembleSections(
  types: readonly ArrayLike<number>[],
  strings: Uint8Array,
  byteOrder: "little" | "big",
): Uint8Array<ArrayBuffer> {
  const little = byteOrder === "little";
  let typesSize = 0;
  for (const { length } of types) typesSize += 4 * length;
  const bytes = new Uint8Array(headerSize + typesSize + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, little);
  view.setUint8(2, 1);
  const fields = [headerSize, 0, typesSize, typesSize, strings.length];
  for (const [index, field] of fields.entries()) view.setUint32(4 + 4 * index, field, little);
  setWords(view, types, little);
  bytes.set(strings, headerSize + typesSize);
  return bytes;
}

function setWords(view: DataView, types: readonly ArrayLike<number>[], little: boolean): void {
  let at = headerSize;
  if (little === littleEndian) {
    const words = new Uint32Array(view.buffer, 0, Math.floor(view.byteLength / 4));
    for (const type of types) {
      words.set(type, at / 4);
      at += 4 * type.length;
    }
    return;
  }
  for (const type of types) {
    for (let index = 0; index < type.length; index++, at += 4) {
      view.setUint32(at, type[index]!, little);
    }
  }
}
