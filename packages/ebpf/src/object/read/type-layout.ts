/**
 * Types as layouts: how values of a type of C are read and written.
 *
 * Integers, text, arrays and structs become the layouts that have just the same places. What has none, such as unions and
 * bit-fields, becomes bytes of the same size and alignment, so that whatever holds it keeps its places.
 * @module
 */
import { describeType } from "../../btf/describe.ts";
import { failType, isWrapper, resolveType, sizeOf } from "../../btf/resolve.ts";
import type { TypeSource } from "../../btf/type-source.ts";
import type { BtfArray, BtfInt, BtfStruct, BtfType } from "../../btf/type.ts";
import { array } from "../../layout/array.ts";
import { bool } from "../../layout/bool.ts";
import { bytes } from "../../layout/bytes.ts";
import { chars } from "../../layout/chars.ts";
import { be16, be32, be64, s16, s32, s64, s8, u16, u32, u64, u8 } from "../../layout/integer.ts";
import type { Layout } from "../../layout/layout.ts";
import { spinLock, timer } from "../../layout/opaque.ts";
import { alignedBytes, layoutOfStruct, membersOf } from "./struct-parts.ts";

/**
 * The layout of values of the type `id`.
 * @throws {InvalidArgumentError} when the type has no size, or no byte.
 * @throws {MalformedError} when it contains itself.
 */
export function layoutOfType(types: TypeSource, id: number): Layout<unknown> {
  const layouts = known.get(types) ?? new TypeLayouts(types);
  known.set(types, layouts);
  return layouts.of(id);
}

/** Layouts of types that were asked for: many variables may be of one large struct. */
const known = new WeakMap<TypeSource, TypeLayouts>();

const unsigned: Readonly<Record<number, Layout<unknown>>> = { 1: u8, 2: u16, 4: u32, 8: u64 };
const signed: Readonly<Record<number, Layout<unknown>>> = { 1: s8, 2: s16, 4: s32, 8: s64 };
const networkTypes: Readonly<Record<string, Layout<unknown>>> = {
  __be16: be16,
  __be32: be32,
  __be64: be64,
};
const opaques: Readonly<Record<string, Layout<unknown>>> = {
  bpf_spin_lock: spinLock,
  bpf_timer: timer,
};

/** Integers in the order of networks only have names to tell them by. */
function networkOrder(types: TypeSource, id: number): Layout<unknown> | undefined {
  let type = types.typeById(id);
  for (let depth = 0; isWrapper(type) && depth < 32; depth++) {
    if (type.kind === "typedef" && Object.hasOwn(networkTypes, type.name)) {
      return networkTypes[type.name];
    }
    type = types.typeById(type.type);
  }
  return undefined;
}

/** The layouts of some types, each made once. */
class TypeLayouts {
  readonly #types: TypeSource;
  /** `undefined` while a layout is being made. */
  readonly #made = new Map<number, Layout<unknown> | undefined>();

  constructor(types: TypeSource) {
    this.#types = types;
  }

  of(id: number): Layout<unknown> {
    const network = networkOrder(this.#types, id);
    if (network !== undefined) return network;
    const type = resolveType(this.#types, id);
    const known = this.#made.get(type.id);
    if (known !== undefined) return known;
    if (this.#made.has(type.id)) {
      failType(this.#types, type.id, `${describeType(this.#types, id)} contains itself`);
    }
    this.#made.set(type.id, undefined);
    const layout =
      this.#exact(type) ?? alignedBytes(sizeOf(this.#types, type.id), this.#alignmentOf(type));
    this.#made.set(type.id, layout);
    return layout;
  }

  /** A layout with the same places; `undefined` when there is none. */
  #exact(type: BtfType): Layout<unknown> | undefined {
    if (type.kind === "int") return ofInteger(type);
    if (type.kind === "ptr") return u64;
    if (type.kind === "enum" || type.kind === "enum64") {
      return (type.signed ? signed : unsigned)[type.size];
    }
    if (type.kind === "array") return this.#ofArray(type);
    return type.kind === "struct" ? this.#ofStruct(type) : undefined;
  }

  #ofArray({ type, length }: BtfArray): Layout<unknown> | undefined {
    if (length === 0) return undefined;
    const element = resolveType(this.#types, type);
    if (element.kind === "int" && element.size === 1) {
      return element.name === "char" ? chars(length, { terminated: false }) : bytes(length);
    }
    const layout = this.of(type);
    return layout.size % layout.alignment === 0 ? array(layout, length) : undefined;
  }

  #ofStruct(type: BtfStruct): Layout<unknown> | undefined {
    if (Object.hasOwn(opaques, type.name)) return opaques[type.name];
    return layoutOfStruct(this.#types, type, (id) => this.of(id));
  }

  /** Alignment of what is only known as bytes. */
  #alignmentOf(type: BtfType): number {
    if (type.kind === "array") return this.of(type.type).alignment;
    const sized = membersOf(type).filter(({ type: id }) => sizeOf(this.#types, id) > 0);
    return Math.max(1, ...sized.map(({ type: id }) => this.of(id).alignment));
  }
}

function ofInteger({ size, encoding }: BtfInt): Layout<unknown> | undefined {
  if (encoding === "bool" && size === 1) return bool;
  return (encoding === "unsigned" ? unsigned : signed)[size];
}
