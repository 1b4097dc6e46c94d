/**
 * What must not be held where a program ends or another one takes over: locks, references, regions.
 *
 * The order is that of `check_resource_leak` of kernel/bpf/verifier.c.
 * @module
 */
import { Refusal } from "../refusal.ts";
import type { State } from "./state.ts";

/** Refuses to end with something held. `where` names what ends here, for messages. */
export function assertNothingHeld(
  { references, locks, rcu, preempt, irqs }: State,
  where: string,
): void {
  const refuse = (what: string): never => {
    throw new Refusal(`${where} cannot be used inside ${what}-ed region`, "EINVAL");
  };
  if (locks.length > 0) refuse("bpf_spin_lock");
  for (const [id, slot] of references) {
    throw new Refusal(
      `Unreleased reference id=${id} alloc_insn=${slot}\n${where} would lead to reference leak`,
      "EINVAL",
    );
  }
  if (irqs.length > 0) refuse("bpf_local_irq_save");
  if (rcu > 0) refuse("bpf_rcu_read_lock");
  if (preempt > 0) refuse("bpf_preempt_disable");
}
