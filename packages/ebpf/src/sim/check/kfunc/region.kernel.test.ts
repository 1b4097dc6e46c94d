/**
 * Regions of RCU and without preemption, judged by the checker and by the kernel.
 * @module
 */
import { describeAgreement } from "../testing-agreement.ts";

const end = "r0 = 0; exit";
const [lock, unlock] = ["call kernel:bpf_rcu_read_lock", "call kernel:bpf_rcu_read_unlock"];
const [stop, go] = ["call kernel:bpf_preempt_disable", "call kernel:bpf_preempt_enable"];
const [save, restore] = ["save", "restore"].map(
  (what) =>
    (at: number): string =>
      `r1 = r10; r1 += ${at}; call kernel:bpf_local_irq_${what}`,
) as [(at: number) => string, (at: number) => string];
const parent = "call bpf_get_current_task_btf; r6 = *(u64 *)(r0 + 0)";

describeAgreement("regions, by the checker and by the kernel", {
  "of RCU": [
    `sched_cls: ${lock}; ${unlock}; ${end}`,
    `sched_cls: ${lock}; ${end}`,
    `sched_cls: ${unlock}; ${end}`,
    `sched_cls: ${lock}; ${unlock}; ${unlock}; ${end}`,
    `sched_cls: ${lock}; ${lock}; ${unlock}; ${unlock}; ${end}`,
    `sched_cls: ${lock}; ${lock}; ${unlock}; ${end}`,
    `sched_cls: call sub; ${unlock}; ${end}; sub: ${lock}; ${end}`,
    `syscall: ${lock}; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; ${unlock}; ${end}`,
  ],
  "without preemption": [
    `sched_cls: ${stop}; ${go}; ${end}`,
    `sched_cls: ${stop}; ${end}`,
    `sched_cls: ${go}; ${end}`,
    `sched_cls: ${stop}; ${stop}; ${go}; ${go}; ${end}`,
    `sched_cls: ${stop}; ${stop}; ${go}; ${end}`,
    `sched_cls: ${stop}; call bpf_ktime_get_ns; ${go}; ${end}`,
    `syscall: ${stop}; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; ${go}; ${end}`,
    `sched_cls: ${stop}; r2 = map[programs]; r3 = 0; call bpf_tail_call; ${go}; ${end}`,
  ],
  "without interrupts": [
    `sched_cls: ${save(-8)}; ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-8)}; ${end}`,
    `sched_cls: ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-8)}; ${save(-16)}; ${restore(-16)}; ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-8)}; ${save(-16)}; ${restore(-8)}; ${restore(-16)}; ${end}`,
    `sched_cls: ${save(-8)}; ${save(-8)}; ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-8)}; ${restore(-8)}; ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-12)}; ${restore(-12)}; ${end}`,
    `sched_cls: ${save(0)}; ${restore(0)}; ${end}`,
    `sched_cls: ${save(-520)}; ${restore(-520)}; ${end}`,
    `sched_cls: r1 = map[array][0]+0; call kernel:bpf_local_irq_save; ${end}`,
    `sched_cls: ${save(-8)}; r0 = *(u64 *)(r10 - 8); ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-8)}; *(u64 *)(r10 - 8) = 0; ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-8)}; *(u8 *)(r10 - 1) = 0; ${restore(-8)}; ${end}`,
    `raw_tracepoint: ${save(-8)}; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_probe_read_kernel; ${restore(-8)}; ${end}`,
    `sched_cls: ${save(-8)}; call bpf_ktime_get_ns; ${restore(-8)}; ${end}`,
    `syscall: ${save(-8)}; r1 = r10; r1 += -16; r2 = 8; r3 = 0; call bpf_copy_from_user; ${restore(-8)}; ${end}`,
    `sched_cls: r1 = r10; r1 += -8; call sub; ${restore(-8)}; ${end}; sub: call kernel:bpf_local_irq_save; ${end}`,
    `sched_cls: r6 = 0; again: ${save(-8)}; ${restore(-8)}; r6 += 1; if r6 < 3 goto again; ${end}`,
    `sched_cls: r6 = *(u32 *)(r1 + 0); if r6 == 0 goto out; ${save(-8)}; out: if r6 == 0 goto over; ${restore(-8)}; over: ${end}`,
  ],
  "one in the other": [
    `sched_cls: ${lock}; ${save(-8)}; ${unlock}; ${restore(-8)}; ${end}`,
    `sched_cls: ${lock}; ${stop}; ${go}; ${unlock}; ${end}`,
    `sched_cls: ${lock}; ${stop}; ${unlock}; ${go}; ${end}`,
    `syscall: ${lock}; ${parent}; ${unlock}; ${end}`,
  ],
});
