/**
 * Rejections around locks: spin locks, RCU, regions without preemption or interrupts.
 * @module
 */
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for locks. */
export const lockRules = (): readonly Rule[] => [
  {
    id: "spin-lock-held-at-exit",
    pattern: /cannot be used inside bpf_spin_lock-ed region|bpf_spin_unlock is missing/,
    cause: "the program ends, or leaves by a tail call, with a spin lock held",
    typescript: "take it with using guard = lock(…), which gives it back when the scope is left",
    c: "call bpf_spin_unlock on every path before this",
    assembler: "call spin_unlock on every path before this",
  },
  {
    id: "call-under-spin-lock",
    pattern: /function calls are not allowed while holding a lock/,
    cause: "a function is called while a spin lock is held; only spin_unlock may be",
    typescript:
      "call it before the lock is taken or after it is given back, and keep the scope of the guard small",
    c: "call it before bpf_spin_lock or after bpf_spin_unlock; a second lock cannot be taken either",
    assembler:
      "call it before spin_lock or after spin_unlock; a second lock cannot be taken either",
  },
  {
    id: "spin-unlock-without-lock",
    pattern: /bpf_spin_unlock (?:without taking a lock|of different lock)/,
    cause: "a spin lock is given back that is not held on this path",
    typescript: "take it with using guard = lock(…), which gives it back once",
    c: "pair bpf_spin_lock and bpf_spin_unlock on every path, with the same lock",
    assembler: "pair spin_lock and spin_unlock on every path, with the same pointer",
  },
  {
    id: "special-field-needs-btf",
    pattern: /map '(?<map>[^']*)' has to have BTF in order to use (?<what>\w+)/,
    cause: "{what} needs a map whose value type is described by BTF, and this map has none",
    typescript: "give the map's value a struct layout with that field (spinLock, timer)",
    c: "define the map with __type(value, struct …), and compile with -g",
    assembler: "create the map with BTF of its key and value types",
  },
  {
    id: "special-field-place",
    pattern: oneOf(
      /off (?<offset>-?\d+) doesn't point to 'struct (?<what>\w+)'/,
      /map '[^']*' has no valid (?<other>\w+)/,
    ),
    cause: "the pointer passed is not at the {what}{other} of the map's value",
    typescript: "pass the field itself: lock(value.lock)",
    c: "pass the address of the field itself: &value->lock",
    assembler: "add the offset of the field to the value's address before the call",
  },
  {
    id: "spin-lock-not-for-type",
    pattern: /(?:tracing progs|socket filter progs) cannot use bpf_spin_lock yet/,
    cause: "programs of this type may not take spin locks",
    typescript: "use atomic(…) operations, or a per-CPU map",
    c: "use __sync_fetch_and_add and its like, or a per-CPU map",
    assembler: "use atomic operations, or a per-CPU map",
  },
  {
    id: "rcu-held-at-exit",
    pattern: /cannot be used inside bpf_rcu_read_lock-ed region|bpf_rcu_read_unlock is missing/,
    cause: "the program ends inside a section of bpf_rcu_read_lock",
    typescript: "use using guard = rcuRead(), which ends the section when the scope is left",
    assembler: "call bpf_rcu_read_unlock on every path before exit()",
  },
  {
    id: "rcu-unlock-without-lock",
    pattern: /unmatched rcu read unlock/,
    cause: "bpf_rcu_read_unlock is called outside of a section",
    typescript: "use using guard = rcuRead(), which ends the section once",
    assembler: "pair bpf_rcu_read_lock and bpf_rcu_read_unlock on every path",
  },
  {
    id: "sleep-in-rcu",
    pattern: oneOf(
      /sleepable (?:helper|kfunc|kernel func) (?<helper>\S+) in rcu_read_lock region/,
      /kernel func (?<other>\S+) is sleepable within rcu_read_lock region/,
    ),
    cause: "{helper}{other} may sleep, which is not allowed inside a section of bpf_rcu_read_lock",
    typescript: "call it outside of the scope of rcuRead()",
    assembler: "call it before bpf_rcu_read_lock or after bpf_rcu_read_unlock",
  },
  {
    id: "preemption-off-at-exit",
    pattern: oneOf(
      /cannot be used inside bpf_(?<what>preempt_disable|local_irq_save)-ed region/,
      /bpf_preempt_enable is missing/,
    ),
    cause: "the program ends with preemption or interrupts switched off",
    typescript: "call the function that switches them on again on every path",
    assembler: "call bpf_preempt_enable or bpf_local_irq_restore on every path before exit()",
  },
  {
    id: "preemption-on-without-off",
    pattern: /unmatched attempt to enable preemption/,
    cause: "bpf_preempt_enable is called although preemption was not switched off on this path",
    typescript: "pair bpf_preempt_disable and bpf_preempt_enable on every path",
    assembler: "pair bpf_preempt_disable and bpf_preempt_enable on every path",
  },
  {
    id: "sleep-without-preemption",
    pattern: oneOf(
      /sleepable (?:helper|kfunc|kernel func) (?<helper>\S+) in (?:non-preemptible|IRQ-disabled) region/,
      /kernel func (?<other>\S+) is sleepable within non-preemptible region/,
    ),
    cause:
      "{helper}{other} may sleep, which is not allowed with preemption or interrupts switched off",
    typescript: "call it outside of that region",
    assembler: "call it outside of that region",
  },
];
