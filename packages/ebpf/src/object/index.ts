/**
 * Object files of BPF: written from specs, read to specs, and linked.
 * @module
 */
export type { ObjectFile } from "./link/input.ts";
export { linkObjects } from "./link/link-objects.ts";
export { type ObjectSpec, readObject } from "./read/read-object.ts";
export { isUnnamedVariable } from "./read/read-variables.ts";
export { type CoreTypes, type RelocationReport, relocateProgram } from "../relocate/core.ts";
export { minimizeBtf } from "../relocate/minimize.ts";
export {
  objectTypeName,
  type ObjectTypes,
  printObjectTypes,
  type PrintObjectTypesOptions,
} from "./types/print-object-types.ts";
export { type SectionMeaning, sectionMeaning, sectionName } from "./section-name.ts";
export { writeObject, type WriteObjectOptions } from "./write.ts";
