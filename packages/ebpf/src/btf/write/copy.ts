/**
 * Types of one BTF put into another: each with all that it refers to, as it is.
 * @module
 */
import type { TypeSource } from "../type-source.ts";
import { voidId, type BtfTypeId } from "../type.ts";
import { type BtfTypeData, withReferences } from "./type-data.ts";
import type { BtfWriter } from "./writer.ts";

/** Copies types of one BTF; what was copied for one type is there for the next one. */
export class TypeCopier {
  readonly #writer: BtfWriter;
  readonly #types: TypeSource;
  readonly #copies = new Map<number, BtfTypeId>();

  /** From `types` into `writer`. */
  constructor(writer: BtfWriter, types: TypeSource) {
    this.#writer = writer;
    this.#types = types;
  }

  /**
   * Id of the copy of type `id`.
   * @throws {MalformedError} when it, or a type that it refers to, is damaged.
   */
  copy(id: BtfTypeId): BtfTypeId {
    const pending: BtfTypeId[] = [];
    const copyOf = (old: BtfTypeId): BtfTypeId => {
      if (old === voidId) return voidId;
      const known = this.#copies.get(old);
      if (known !== undefined) return known;
      const reserved = this.#writer.reserve();
      this.#copies.set(old, reserved);
      pending.push(old);
      return reserved;
    };
    const copied = copyOf(id);
    // A list instead of recursion: chains of pointers may be long.
    for (let old = pending.pop(); old !== undefined; old = pending.pop()) {
      const type = this.#types.typeById(old) as BtfTypeData;
      this.#writer.define(copyOf(old), withReferences(type, copyOf));
    }
    return copied;
  }
}
