/**
 * Regions that functions of the kernel enter and leave: of RCU, and without preemption.
 *
 * What only RCU protects is not to be trusted any more behind its region. `check_kfunc_call` of kernel/bpf/verifier.c.
 * @module
 */
import { Refusal } from "../refusal.ts";
import { replaceValues, type State } from "../state/state.ts";
import { isPointer } from "../state/value.ts";

const changes: Readonly<Record<string, (state: State) => void>> = {
  bpf_rcu_read_lock: (state) => {
    if (state.rcu > 0)
      throw new Refusal("nested rcu read lock (kernel function bpf_rcu_read_lock)", "EINVAL");
    state.rcu++;
  },
  bpf_rcu_read_unlock: (state) => {
    if (state.rcu-- === 0) {
      throw new Refusal(
        "unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)",
        "EINVAL",
      );
    }
    endProtection(state);
  },
  bpf_preempt_disable: (state) => {
    state.preempt++;
  },
  bpf_preempt_enable: (state) => {
    if (state.preempt-- === 0) {
      throw new Refusal(
        "unmatched attempt to enable preemption (kernel function bpf_preempt_enable)",
        "EINVAL",
      );
    }
  },
};

/** Whether a function enters or leaves a region. */
export function isRegionFunction(name: string): boolean {
  return name in changes;
}

/** Enters or leaves it. */
export function changeRegion(state: State, name: string): void {
  changes[name]!(state);
}

function endProtection(state: State): void {
  replaceValues(state, (value) => {
    if (isPointer(value) && value.trust === "rcu")
      return { ...value, trust: "untrusted", own: false, nullable: false };
    if (value.kind === "iterator" && value.trust === "rcu") return { ...value, trust: "untrusted" };
    return value;
  });
}
