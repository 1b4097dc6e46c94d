/**
 * Several BTFs as one: the types of each one behind the other, without the ones that are there twice.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Btf } from "../btf.ts";
import { typeId } from "../type-table.ts";
import { voidId, type BtfTypeId } from "../type.ts";
import { deduplicate } from "./deduplicate.ts";
import { withReferences, type BtfTypeData } from "./type-data.ts";

/** What merging made of some BTFs. */
export interface MergedBtf {
  /** The types, the first of which has id 1. */
  readonly types: readonly BtfTypeData[];
  /** For each source, what became of its type `id`. */
  readonly idsOf: readonly ((id: BtfTypeId) => BtfTypeId)[];
}

/**
 * The types of all `sources`, each once.
 * @throws {InvalidArgumentError} when one of them is split BTF, whose types are not all its own.
 */
export function mergeBtf(sources: readonly Btf[]): MergedBtf {
  const all: BtfTypeData[] = [];
  const shifts = sources.map((source) => {
    if (source.base !== undefined) {
      throw new InvalidArgumentError(`${source.path} is split BTF and cannot be merged`, {
        hint: "merge what it is based on, or de-duplicate its types against that",
      });
    }
    const shift = shiftBy(all.length);
    for (const type of source.types() as Iterable<BtfTypeData>) {
      all.push(withReferences(type, shift));
    }
    return shift;
  });
  const { types, idOf } = deduplicate(all);
  return { types, idsOf: shifts.map((shift) => (id: BtfTypeId) => idOf(shift(id))) };
}

function shiftBy(count: number): (id: BtfTypeId) => BtfTypeId {
  return (id) => (id === voidId ? voidId : typeId(id + count));
}
