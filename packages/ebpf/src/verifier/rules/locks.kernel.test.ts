import { add, mov } from "../../asm/alu.ts";
import { call, callKfunc } from "../../asm/call.ts";
import { st } from "../../asm/memory.ts";
import { r0, r1, r10, r2, r3, r6 } from "../../isa/register.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";
import {
  describeRejections,
  finish,
  kfunc,
  lookup,
  rejected,
  since,
  stackAddress,
  tracing,
  unlessNull,
} from "../../testing/provoke-rejection.ts";
import { lockRules } from "./locks.ts";

const found = [lookup("locked"), unlessNull(), mov(r6, r0)];
const locked = [found, call("spin_lock", r6)];

/** A program that sleeps between the calls of two functions of the kernel. */
function sleepBetween(enter: string, leave: string): ProgramSpec {
  const sleep = [stackAddress(r1, -8), mov(r2, 8), mov(r3, 0), call("copy_from_user")];
  const calls = [callKfunc(kfunc(enter)), sleep, callKfunc(kfunc(leave))];
  return rejected("syscall", [st("u64", r10, -8, 0), calls, finish], { flags: ["sleepable"] });
}

describeRejections("rejections around locks", {
  rules: lockRules(),
  provocations: () => [
    ["spin-lock-held-at-exit", rejected("xdp", [locked, finish]), /with a spin lock held/],
    [
      "call-under-spin-lock",
      rejected("xdp", [locked, call("ktime_get_ns"), finish]),
      /while a spin lock is held/,
      12,
    ],
    [
      "call-under-spin-lock",
      rejected("xdp", [locked, call("spin_lock", r6), finish]),
      /while a spin lock is held/,
    ],
    [
      "spin-unlock-without-lock",
      rejected("xdp", [found, call("spin_unlock", r6), finish]),
      /not held on this path/,
    ],
    [
      "special-field-needs-btf",
      rejected("xdp", [lookup("array"), unlessNull(), call("spin_lock", r0), finish]),
      /^bpf_spin_lock needs a map/,
    ],
    ...since(5, 15, [
      "special-field-needs-btf",
      rejected("raw_tracepoint", [
        [lookup("array"), unlessNull()],
        [call("timer_start", r0, 0, 0), finish],
      ]),
      /^bpf_timer needs a map/,
    ]),
    [
      "special-field-place",
      rejected("xdp", [found, add(r6, 4), call("spin_lock", r6), finish]),
      /not at the bpf_spin_lock of/,
    ],
    [
      "spin-lock-not-for-type",
      rejected("raw_tracepoint", [locked, call("spin_unlock", r6), finish]),
      /this type may not take spin locks/,
    ],
    ...since(6, 2, [
      "rcu-held-at-exit",
      () => tracing([callKfunc(kfunc("bpf_rcu_read_lock")), finish]),
      /section of bpf_rcu_read_lock/,
    ]),
    ...since(6, 2, [
      "rcu-unlock-without-lock",
      () => tracing([callKfunc(kfunc("bpf_rcu_read_unlock")), finish]),
      /outside of a section/,
    ]),
    ...since(6, 2, [
      "sleep-in-rcu",
      () => sleepBetween("bpf_rcu_read_lock", "bpf_rcu_read_unlock"),
      /^bpf_copy_from_user#148 may sleep/,
    ]),
    ...since(6, 11, [
      "preemption-off-at-exit",
      () => tracing([callKfunc(kfunc("bpf_preempt_disable")), finish]),
      /switched off/,
    ]),
    ...since(6, 11, [
      "preemption-on-without-off",
      () => tracing([callKfunc(kfunc("bpf_preempt_enable")), finish]),
      /was not switched off/,
    ]),
    ...since(6, 11, [
      "sleep-without-preemption",
      () => sleepBetween("bpf_preempt_disable", "bpf_preempt_enable"),
      /^bpf_copy_from_user#148 may sleep/,
    ]),
  ],
});
