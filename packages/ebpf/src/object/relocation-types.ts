/**
 * Kinds of relocations in object files of BPF.
 * @module
 */
import type { Referee } from "./function-split.ts";

/** `R_BPF_64_64`: the number of a wide load, in its two slots. Source: Documentation/bpf/llvm_reloc.rst. */
export const wideRelocation = 1;

/** `R_BPF_64_ABS64`: 8 bytes of data. */
export const pointerRelocation = 2;

/** `R_BPF_64_32`: the number of a call. */
export const callRelocation = 10;

/** The kind for each thing that instructions refer to. */
export const relocationTypes: { readonly [Kind in Referee["kind"]]: number } = {
  map: wideRelocation,
  "map-value": wideRelocation,
  variable: wideRelocation,
  address: wideRelocation,
  kfunc: callRelocation,
  call: callRelocation,
};
