/**
 * The instruction set: instructions as data, their bytes and their text.
 * @module
 */
export type * from "./instruction.ts";
export { slotCount } from "./instruction.ts";
export * from "./register.ts";
export { encode, type EncodeOptions } from "./encode.ts";
export type { Names } from "./slot-of.ts";
export { decode, type DecodeOptions } from "./decode.ts";
export type { Origin } from "./decoders.ts";
export { format, formatLine, type FormatOptions } from "./format.ts";
export { parse } from "./parse.ts";
export type { ParseOptions } from "./parse-instruction.ts";
export { sinceOf, type Version } from "./since.ts";
export { slotSize, type ByteOrder } from "./slot.ts";
