/**
 * Typed memory: how values lie in memory, for maps, events and everything else shared with the kernel.
 * @module
 */
export type * from "./layout.ts";
export { isAnyLayout } from "./layout.ts";
export { ValueError, type PathStep, type ValuePlace } from "./value-error.ts";
export { addressOf, objectAt } from "./address-of.ts";
export type { Conversion, Convertible } from "./convert.ts";
export type { CallableInteger } from "./integer.ts";
export { be16, be32, be64, s16, s32, s64, s8, u16, u32, u64, u8 } from "./integer.ts";
export { u53, type CallableTransform } from "./u53.ts";
export { bool } from "./bool.ts";
export { chars, type CharsOptions } from "./chars.ts";
export { bytes } from "./bytes.ts";
export { wholeRecord } from "./whole-record.ts";
export { array } from "./array.ts";
export { spinLock, timer } from "./opaque.ts";
export {
  struct,
  type CallableStruct,
  type StructInitializer,
  type StructObject,
  type StructOptions,
} from "./struct.ts";
export { transform, type Transformation } from "./transform.ts";
export { enumeration, type EnumerationLayout } from "./enumeration.ts";
export { flags, type FlagsLayout } from "./flags.ts";
export { formatIpv4, ipv4, parseIpv4 } from "./address/ipv4.ts";
export { formatIpv6, ipv6, parseIpv6 } from "./address/ipv6.ts";
export { formatMac, mac, parseMac } from "./address/mac.ts";
export { ipv4Prefix, ipv6Prefix } from "./address/prefix.ts";
export { cursor, type Cursor } from "./codec/cursor.ts";
export { encodeValue, parseValue } from "./value.ts";
export { formatDeclaration, formatStruct, typeName } from "./c-text.ts";
export { offsetOf, sameLayout, sizeOf } from "./inspect.ts";
