/**
 * Types that specs bring along: those of the object file that they were read from.
 *
 * The kernel gets them along with the maps and programs of the file, as the compiler wrote them, because it looks for
 * more than names there: pointers it keeps, lists and trees, locks in variables, arguments of functions that it verifies
 * each by itself. Specs that were made in TypeScript have none.
 * @module
 */
import type { BtfTypeId } from "../btf/type.ts";
import type { BtfWriter } from "../btf/write/writer.ts";

/** The types of an object file. Specs of one file share one. */
export interface FileTypes {
  /** A new writer of them, each with the id it has in the file, as a kernel takes them. */
  readonly writer: () => BtfWriter;
}

/** What a map is made of, among the types of its file; keys and values that only have a size are `void`. */
export interface MapFileTypes {
  readonly types: FileTypes;
  readonly key: BtfTypeId;
  readonly value: BtfTypeId;
}
