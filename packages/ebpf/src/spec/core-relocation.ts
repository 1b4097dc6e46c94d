/**
 * CO-RE relocations by name: what in a program depends on the kernel it is loaded into.
 * @module
 */
import type { CoreReloKind } from "../btf/ext/records.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfTypeId } from "../btf/type.ts";

/** A kernel field: the struct it is counted from and the path to it, by name. */
export interface CoreField {
  readonly struct: string;
  /** Names of members and indices of elements from the struct to the field: `["__sk_common", "skc_dport"]`. */
  readonly path: readonly (string | number)[];
}

/** Kinds of CO-RE relocations, as in `enum bpf_core_relo_kind`. */
export type CoreRelocation =
  | { readonly kind: FieldRelocationKind; readonly field: CoreField }
  | { readonly kind: TypeRelocationKind; readonly type: string }
  | { readonly kind: "enum-exists" | "enum-value"; readonly type: string; readonly name: string };

/** What about a type. Its id, among the program's own types or the kernel's, and whether it matches, need `local`. */
export type TypeRelocationKind =
  | "type-exists"
  | "type-size"
  | "type-matches"
  | "local-type-id"
  | "target-type-id";

/**
 * What about a field. A field of some bits is loaded with the integer it is in, shifted left by `field-left-shift` so
 * that its highest bit is that of 64, and right by `field-right-shift`, with its sign where `field-signed` is 1.
 */
export type FieldRelocationKind =
  | "field-exists"
  | "field-size"
  | "field-offset"
  | "field-signed"
  | "field-left-shift"
  | "field-right-shift";

/** A relocation of the instruction with this index in a program's instructions. */
export interface CoreRelocationSite {
  readonly index: number;
  readonly core: CoreRelocation;
  /** What the object file says itself; left out by programs that come from nowhere else. */
  readonly local?: LocalCoreRelocation;
}

/** A relocation in terms of the types that a program was compiled with. */
export interface LocalCoreRelocation {
  readonly types: TypeSource;
  readonly type: BtfTypeId;
  /** The way from there: `0:1:2`, the numbers of elements and members; for enumerators the number of the value. */
  readonly access: string;
  readonly kind: CoreReloKind;
}
