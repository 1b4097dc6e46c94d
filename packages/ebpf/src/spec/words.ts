/**
 * The kernel's words for kinds of maps, programs and attachments, in lower case without prefix.
 *
 * The lists are generated from the kernel's BTF; only folder `sys` knows the numbers behind the words.
 * @module
 */
import type { attachTypes, mapTypes, programTypes } from "./generated/words.ts";

/** Kind of a map: `enum bpf_map_type`. */
export type MapType = (typeof mapTypes)[number];
/** Kind of a program: `enum bpf_prog_type`. */
export type ProgramType = (typeof programTypes)[number];
/** Place a program can be attached to: `enum bpf_attach_type`. */
export type AttachType = (typeof attachTypes)[number];

/** All flags of maps, each at the index that is the number of its bit. */
export const mapFlags = [
  "no_prealloc",
  "no_common_lru",
  "numa_node",
  "rdonly",
  "wronly",
  "stack_build_id",
  "zero_seed",
  "rdonly_prog",
  "wronly_prog",
  "clone",
  "mmapable",
  "preserve_elems",
  "inner_map",
  "link",
  "path_fd",
  "vtype_btf_obj_fd",
  "token_fd",
  "segv_on_fault",
  "no_user_conv",
  "rb_overwrite",
] as const;

/** Flags of a map at creation: `BPF_F_…` in include/uapi/linux/bpf.h. */
export type MapFlag = (typeof mapFlags)[number];

/** All flags of programs. */
export const programFlags = [
  "strict_alignment",
  "any_alignment",
  "test_rnd_hi32",
  "test_state_freq",
  "sleepable",
  "xdp_has_frags",
  "xdp_dev_bound_only",
  "test_reg_invariants",
  "token_fd",
] as const;

/** Flags of a program at load: `BPF_F_…` in include/uapi/linux/bpf.h. */
export type ProgramFlag = (typeof programFlags)[number];
