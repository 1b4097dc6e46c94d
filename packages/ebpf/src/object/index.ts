/**
 * Object files of BPF: written from specs, read to specs, and linked.
 * @module
 */
export type { ObjectFile } from "./link/input.ts";
export { linkObjects } from "./link/link-objects.ts";
export { type ObjectSpec, readObject } from "./read/read-object.ts";
export { minimizeBtf } from "../relocate/minimize.ts";
export { type SectionMeaning, sectionMeaning, sectionName } from "./section-name.ts";
export { writeObject, type WriteObjectOptions } from "./write.ts";
