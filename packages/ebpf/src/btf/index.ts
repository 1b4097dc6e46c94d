/**
 * BTF: what the types of a kernel, a module or an object file look like.
 * @module
 */
export { type Btf, type BtfKindCounts, parseBtf, type ParseBtfOptions } from "./btf.ts";
export { describeType } from "./describe.ts";
export {
  type CoreRelo,
  coreReloFormat,
  type CoreReloKind,
  coreReloKinds,
  decodeRecords,
  encodeRecords,
  type FuncInfo,
  funcInfoFormat,
  type LineInfo,
  lineInfoFormat,
  type RecordFormat,
  type RecordTable,
} from "./ext/records.ts";
export { type BtfExt, encodeBtfExt, parseBtfExt, type SectionRecords } from "./ext/sections.ts";
export {
  type LsmCategory,
  type LsmHook,
  lsmHook,
  lsmHooks,
  type LsmParameter,
} from "./lsm-hooks.ts";
export { type BtfField, fieldChain, fieldOffset } from "./member.ts";
export { printC, type PrintCOptions } from "./print/c.ts";
export { printJson } from "./print/json.ts";
export { printRaw } from "./print/raw.ts";
export {
  type Facet,
  printTypeScript,
  type PrintTypeScriptOptions,
  type TypeScriptFile,
  type TypeScriptOptions,
  type TypeScriptSelection,
} from "./print/typescript.ts";
export type { BtfSignature } from "./signature.ts";
export {
  type StructOps as BtfStructOps,
  type StructOpsMember as BtfStructOpsMember,
  structOpsNames,
  structOpsOf,
} from "./struct-ops.ts";
export { type BtfTracepoint, tracepointArguments } from "./tracepoint.ts";
export type { TypeSource } from "./type-source.ts";
export * from "./type.ts";
export { deduplicate, type Deduplicated } from "./write/deduplicate.ts";
export { mergeBtf, type MergedBtf } from "./write/merge.ts";
export { rebaseBtf } from "./write/rebase.ts";
export { type BtfSupport, sanitizeBtf } from "./write/sanitize.ts";
export type { BtfStrings } from "./write/strings.ts";
export type { BtfTypeData, BtfTypeDataOf, StoredKind } from "./write/type-data.ts";
export { BtfWriter, type BtfWriterOptions, encodeBtf } from "./write/writer.ts";
