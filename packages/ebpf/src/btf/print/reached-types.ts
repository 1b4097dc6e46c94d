/**
 * Types of the base of split BTF that its own types lead to.
 *
 * A module's types go on from those of the kernel, of which they need a part: what is printed of the module alone has to have
 * that part, and nothing else of the many types of the kernel.
 * @module
 */
import type { Btf } from "../btf.ts";
import type { BtfType, BtfTypeId } from "../type.ts";
import { referencesOf } from "../write/type-data.ts";

/** The types of the base that types of `btf` refer to, and those that these refer to, by their ids; none without a base. */
export function reachedInBase(btf: Btf): readonly BtfType[] {
  if (btf.base === undefined) return [];
  const seen = new Set<BtfTypeId>();
  const found: BtfType[] = [];
  const visit = (type: BtfType): void => {
    if (type.kind === "void") return;
    for (const id of referencesOf(type)) {
      if (id >= btf.firstId || seen.has(id)) continue;
      seen.add(id);
      found.push(btf.typeById(id));
    }
  };
  for (const type of btf.types()) visit(type);
  // What is found is looked at in turn: an array's iteration meets what is put behind its end.
  for (const type of found) visit(type);
  return found.toSorted((left, right) => left.id - right.id);
}
