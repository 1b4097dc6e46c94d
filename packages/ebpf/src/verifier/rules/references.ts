/**
 * Rejections of what is acquired and must be released: records, sockets, iterators, dynptrs.
 * @module
 */
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for references. */
export const referenceRules = (): readonly Rule[] => [
  {
    id: "unreleased-reference",
    pattern: /Unreleased reference id=(?<id>\d+) alloc_insn=(?<slot>\d+)/,
    cause:
      "what was acquired at instruction {slot} is not released on every path to this exit or tail call",
    typescript:
      "submit or discard the record on every path: using event = ring.reserve() does it when the " +
      "scope is left",
    c: "release it on every path before return: bpf_ringbuf_submit or _discard, bpf_sk_release, …_destroy of iterators",
    assembler:
      "call ringbuf_submit or ringbuf_discard (sk_release for sockets, …_destroy for iterators) " +
      "before each exit()",
  },
  {
    id: "release-offset",
    // Before 6.2 the second one.
    pattern: oneOf(
      /(?<register>R\d+) must have zero offset when passed to release func/,
      /modified (?:alloc|ringbuf)_mem ptr (?<register>R\d+) off=/,
    ),
    cause:
      "{register} was moved on since it was acquired; only the pointer as it was can be released",
    typescript: "submit or discard the record itself, not a field of it",
    c: "release the pointer itself, not one to a field of it",
    assembler: "keep the pointer as it was acquired in r6 to r9, and change a copy",
  },
  {
    id: "release-unacquired",
    pattern: oneOf(
      /R\d+ must be referenced/,
      /release (?:kernel function|kfunc|helper) .{1,60} expects (?:refcounted|referenced)/,
      /is an unacquired reference/,
    ),
    cause: "something is released that the program did not acquire",
    typescript: "release only what reserve or an acquiring function returned",
    assembler: "release only what an acquiring helper or kfunc returned",
  },
  {
    id: "iterator-uninitialised",
    pattern: /expected an initialized (?<iterator>iter_\w+) as (?:arg #|R)(?<index>\d+)/,
    cause: "the iterator is used before …_new has made it, or after …_destroy",
    typescript: "use for (const i of range(a, b)), which does all three",
    c: "use bpf_for(i, a, b), which calls bpf_iter_num_new, _next and _destroy",
    assembler: "call bpf_iter_…_new first, then …_next, and …_destroy once at the end",
  },
  {
    id: "iterator-initialised-twice",
    pattern: /expected uninitialized (?<iterator>iter_\w+) as (?:arg #|R)(?<index>\d+)/,
    cause: "…_new is called on an iterator that is still in use",
    typescript: "use for (const i of range(a, b)), which keeps iterators apart",
    c: "use bpf_for(i, a, b), which keeps iterators apart",
    assembler: "destroy the iterator first, or use other 8-byte slots of the stack",
  },
  {
    id: "dynptr-uninitialised",
    pattern: /Expected an initialized dynptr as (?:arg #|R)(?<index>\d+)/i,
    cause: "a dynptr is used that was never made, or has been released or written over",
    typescript: "make the dynptr first, and do not use it behind submit or discard",
    c: "make it with bpf_dynptr_from_mem, bpf_ringbuf_reserve_dynptr or a kfunc first",
    assembler:
      "make it with dynptr_from_mem, ringbuf_reserve_dynptr or a kfunc first, in 16 bytes of the stack",
  },
  {
    id: "dynptr-overwritten",
    pattern: /cannot overwrite referenced dynptr/,
    cause: "the 16 bytes of the stack that hold a dynptr are written over before it is released",
    typescript: "this is a mistake of the compiler: please report it with the program",
    assembler: "use other bytes of the stack, or release the dynptr first",
  },
];
