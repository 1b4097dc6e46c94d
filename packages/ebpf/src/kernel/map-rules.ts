/**
 * What the kernel wants of each kind of map, for hints when it refuses one without saying why.
 * @module
 */
import type { MapFlag, MapType } from "../spec/words.ts";

/** What is probably wrong with a map of `type` that the kernel refused; `undefined` where nothing is known. */
export function creationHint(type: MapType, flags: readonly MapFlag[] = []): string | undefined {
  const wrong = flags.find((flag) => flagTypes[flag]?.includes(type) === false);
  if (wrong === undefined) return sizeRules[type];
  return `maps of type ${type} do not take the flag "${wrong}"; those of type ${flagTypes[wrong]!.join(", ")} do`;
}

const hashes: readonly MapType[] = ["hash", "percpu_hash", "lru_hash", "lru_percpu_hash"];

/** Flags that only some kinds of maps take (`map_alloc_check` of each kind in kernel/bpf). */
const flagTypes: { readonly [F in MapFlag]?: readonly MapType[] } = {
  no_prealloc: [
    "hash",
    "percpu_hash",
    "rhash",
    "lpm_trie",
    "hash_of_maps",
    "sk_storage",
    "task_storage",
    "inode_storage",
    "cgrp_storage",
  ],
  no_common_lru: ["lru_hash", "lru_percpu_hash"],
  zero_seed: [...hashes, "hash_of_maps", "bloom_filter"],
  stack_build_id: ["stack_trace"],
  mmapable: ["array", "arena"],
  preserve_elems: ["perf_event_array"],
  inner_map: ["array"],
  segv_on_fault: ["arena"],
  no_user_conv: ["arena"],
  rb_overwrite: ["ringbuf"],
};

const indexed = "its keys are indexes of 4 bytes";
const inPages =
  "its size is a power of two and a multiple of the page, it has neither keys nor values";
const sizeRules: { readonly [T in MapType]?: string } = {
  array: indexed,
  percpu_array: indexed,
  prog_array: `${indexed}, its values descriptors of 4 bytes`,
  perf_event_array: `${indexed}, its values descriptors of 4 bytes`,
  array_of_maps: `${indexed}, and it needs an inner map`,
  hash_of_maps: "it needs an inner map",
  ringbuf: inPages,
  user_ringbuf: inPages,
  queue: "it has no keys",
  stack: "it has no keys",
  bloom_filter: "it has no keys",
  lpm_trie: 'its keys begin with 4 bytes for the length, and it needs the flag "no_prealloc"',
  arena: 'it has neither keys nor values, and needs the flag "mmapable"',
  insn_array: `${indexed}, its values have 16`,
  rhash: 'it needs the flag "no_prealloc"',
  stack_trace:
    "its values are as many addresses of 8 bytes as kernel.perf_event_max_stack says at most",
  struct_ops: "it needs BTF of its own, and the type of its value in the kernel's",
};
