/**
 * CO-RE relocations by name: what in a program depends on the kernel it is loaded into.
 * @module
 */

/** A kernel field: the struct it is counted from and the path to it, by name. */
export interface CoreField {
  readonly struct: string;
  /** Names of members and indices of elements from the struct to the field: `["__sk_common", "skc_dport"]`. */
  readonly path: readonly (string | number)[];
}

/** Kinds of CO-RE relocations, as in `enum bpf_core_relo_kind`. */
export type CoreRelocation =
  | { readonly kind: FieldRelocationKind; readonly field: CoreField }
  | { readonly kind: "type-exists" | "type-size"; readonly type: string }
  | { readonly kind: "enum-exists" | "enum-value"; readonly type: string; readonly name: string };

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
}
