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
  | { readonly kind: "field-exists" | "field-size" | "field-offset"; readonly field: CoreField }
  | { readonly kind: "type-exists" | "type-size"; readonly type: string }
  | { readonly kind: "enum-exists" | "enum-value"; readonly type: string; readonly name: string };

/** A relocation of the instruction with this index in a program's instructions. */
export interface CoreRelocationSite {
  readonly index: number;
  readonly core: CoreRelocation;
}
