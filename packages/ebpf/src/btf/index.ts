/**
 * BTF: what the types of a kernel, a module or an object file look like.
 * @module
 */
export { type Btf, type BtfKindCounts, parseBtf, type ParseBtfOptions } from "./btf.ts";
export { describeType } from "./describe.ts";
export { type BtfField, fieldChain, fieldOffset } from "./member.ts";
export type { BtfSignature } from "./signature.ts";
export { type BtfTracepoint, tracepointArguments } from "./tracepoint.ts";
export type { TypeSource } from "./type-source.ts";
export * from "./type.ts";
