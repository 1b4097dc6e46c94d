/**
 * Object files of BPF: written from specs, and read to specs.
 * @module
 */
export { type ObjectSpec, readObject } from "./read/read-object.ts";
export { type SectionMeaning, sectionMeaning, sectionName } from "./section-name.ts";
export { writeObject, type WriteObjectOptions } from "./write.ts";
