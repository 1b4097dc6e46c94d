/**
 * Types to be written: the shapes of `type.ts` without their ids.
 *
 * A type gets its id from the place it is written to, so a type that was read can be written as it is. What refers to
 * others does so in a few properties with fixed names, and everything that follows references goes by these.
 * @module
 */
import type { BtfKind, BtfTypeId, BtfTypeOf } from "../type.ts";

/** Kinds that are stored: all but `void`. */
export type StoredKind = Exclude<BtfKind, "void">;

/** A type of kind `Kind` to be written. */
export type BtfTypeDataOf<Kind extends StoredKind> = Omit<BtfTypeOf<Kind>, "id">;

/** A type to be written. What {@link BtfTypeId}s it holds are those of the BTF it is written to. */
export type BtfTypeData = { [Kind in StoredKind]: BtfTypeDataOf<Kind> }[StoredKind];

/** The ids that `type` refers to, in a fixed order, repeated ones included. */
export function referencesOf(type: BtfTypeData): readonly BtfTypeId[] {
  const references = "type" in type ? [type.type] : [];
  if ("indexType" in type) references.push(type.indexType);
  for (const part of partsOf(type)) references.push(part.type);
  return references;
}

/** The same type with each reference replaced by what `replace` makes of it. */
export function withReferences(
  type: BtfTypeData,
  replace: (id: BtfTypeId) => BtfTypeId,
): BtfTypeData {
  const relink = <Part extends Reference>(part: Part): Part => ({
    ...part,
    type: replace(part.type),
  });
  const linked = "type" in type ? relink(type) : type;
  if ("indexType" in linked) return { ...linked, indexType: replace(linked.indexType) };
  if ("members" in linked) return { ...linked, members: linked.members.map(relink) };
  if ("parameters" in linked) return { ...linked, parameters: linked.parameters.map(relink) };
  if ("variables" in linked) return { ...linked, variables: linked.variables.map(relink) };
  return linked;
}

interface Reference {
  readonly type: BtfTypeId;
}

/** Members, parameters or variables. */
function partsOf(type: BtfTypeData): readonly Reference[] {
  if ("members" in type) return type.members;
  if ("parameters" in type) return type.parameters;
  return "variables" in type ? type.variables : [];
}
