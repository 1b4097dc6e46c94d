/**
 * What is not in BTF of functions of the kernel: the flags with which they are registered, and for which programs.
 *
 * From `BTF_ID_FLAGS` and `register_btf_kfunc_id_set` in kernel/bpf/helpers.c and kernel/bpf/cpumask.c of Linux 6.18.
 * @module
 */
import type { ProgramType } from "../../spec/words.ts";

/** Rules for one function. */
export interface KfuncRule {
  /** The result must be given back; what is given is given back. */
  readonly acquires?: true;
  readonly releases?: true;
  readonly mayFail?: true;
  /** Takes addresses that only RCU protects. */
  readonly takesRcu?: true;
  /** Only in a region of RCU. */
  readonly rcu?: true;
  readonly sleepable?: true;
  /** What the dynamic pointer is about that it makes. */
  readonly makes?: "skb" | "xdp" | "skb_meta";
  /** Addresses into the packet mean nothing afterwards. */
  readonly movesPacket?: true;
  /** Kinds of programs that may call it: all, those that see tasks and more, that work with CPU masks, or with packets. */
  readonly programs: "all" | "generic" | "cpumask" | "skb" | "xdp" | "tc";
}

const rules: Readonly<Record<string, KfuncRule>> = {
  bpf_task_acquire: { acquires: true, mayFail: true, takesRcu: true, programs: "generic" },
  bpf_task_release: { releases: true, programs: "generic" },
  bpf_task_from_pid: { acquires: true, mayFail: true, programs: "generic" },
  bpf_task_from_vpid: { acquires: true, mayFail: true, programs: "generic" },
  bpf_cgroup_acquire: { acquires: true, mayFail: true, takesRcu: true, programs: "generic" },
  bpf_cgroup_release: { releases: true, programs: "generic" },
  bpf_cgroup_ancestor: { acquires: true, mayFail: true, takesRcu: true, programs: "generic" },
  bpf_cgroup_from_id: { acquires: true, mayFail: true, programs: "generic" },
  bpf_task_under_cgroup: { takesRcu: true, programs: "generic" },
  bpf_task_get_cgroup1: { acquires: true, mayFail: true, takesRcu: true, programs: "generic" },
  bpf_rcu_read_lock: { programs: "all" },
  bpf_rcu_read_unlock: { programs: "all" },
  bpf_preempt_disable: { programs: "all" },
  bpf_preempt_enable: { programs: "all" },
  bpf_rdonly_cast: { programs: "all" },
  bpf_throw: { programs: "generic" },
  bpf_map_sum_elem_count: { programs: "all" },
  bpf_iter_num_new: { programs: "all" },
  bpf_iter_num_next: { programs: "all" },
  bpf_iter_num_destroy: { programs: "all" },
  bpf_obj_new_impl: { programs: "generic" },
  bpf_obj_drop_impl: { programs: "generic" },
  bpf_refcount_acquire_impl: { programs: "generic" },
  bpf_list_push_front_impl: { programs: "generic" },
  bpf_list_push_back_impl: { programs: "generic" },
  bpf_list_pop_front: { programs: "generic" },
  bpf_list_pop_back: { programs: "generic" },
  bpf_list_front: { programs: "generic" },
  bpf_list_back: { programs: "generic" },
  bpf_rbtree_add_impl: { programs: "generic" },
  bpf_rbtree_remove: { programs: "generic" },
  bpf_rbtree_first: { programs: "generic" },
  bpf_rbtree_root: { programs: "generic" },
  bpf_rbtree_left: { programs: "generic" },
  bpf_rbtree_right: { programs: "generic" },
  bpf_dynptr_from_skb: { makes: "skb", programs: "skb" },
  bpf_dynptr_from_skb_meta: { makes: "skb_meta", programs: "tc" },
  bpf_dynptr_from_xdp: { makes: "xdp", programs: "xdp" },
  bpf_dynptr_slice: { mayFail: true, programs: "all" },
  bpf_dynptr_slice_rdwr: { mayFail: true, programs: "all" },
  bpf_dynptr_adjust: { programs: "all" },
  bpf_dynptr_is_null: { programs: "all" },
  bpf_dynptr_is_rdonly: { programs: "all" },
  bpf_dynptr_size: { programs: "all" },
  bpf_dynptr_clone: { programs: "all" },
  bpf_xdp_pull_data: { movesPacket: true, programs: "xdp" },
  bpf_cpumask_create: { acquires: true, mayFail: true, programs: "cpumask" },
  bpf_cpumask_acquire: { acquires: true, programs: "cpumask" },
  bpf_cpumask_release: { releases: true, programs: "cpumask" },
};

/** Functions on CPU masks that only look at them or change them. */
const onMasks: ReadonlySet<string> = new Set(
  (
    "first first_zero first_and set_cpu clear_cpu test_cpu test_and_set_cpu test_and_clear_cpu setall clear and or xor " +
    "equal intersects subset empty full copy any_distribute any_and_distribute weight"
  )
    .split(" ")
    .map((name) => `bpf_cpumask_${name}`),
);

/** The rule for a function; `undefined` where none is known. */
export function kfuncRule(name: string): KfuncRule | undefined {
  return onMasks.has(name) ? { takesRcu: true, programs: "cpumask" } : rules[name];
}

const tracing: readonly ProgramType[] = ["tracing", "tracepoint", "perf_event", "lsm"];
const programs: { readonly [Name in KfuncRule["programs"]]: ReadonlySet<string> | undefined } = {
  all: undefined,
  generic: new Set([
    ...tracing,
    "sched_cls",
    "sched_act",
    "xdp",
    "struct_ops",
    "syscall",
    "cgroup_skb",
  ]),
  cpumask: new Set([...tracing, "struct_ops", "syscall"]),
  skb: new Set<ProgramType>([
    "sched_cls",
    "sched_act",
    "sk_skb",
    "socket_filter",
    "lwt_out",
    "lwt_in",
    "lwt_xmit",
    "lwt_seg6local",
    "cgroup_skb",
    "cgroup_sock_addr",
    "cgroup_sock",
    "cgroup_device",
    "cgroup_sockopt",
    "cgroup_sysctl",
    "sock_ops",
    "tracing",
    "netfilter",
  ]),
  xdp: new Set(["xdp"]),
  tc: new Set(["sched_cls", "sched_act"]),
};

/** Whether programs of a type may call a function. */
export function mayCallKfunc(type: ProgramType, rule: KfuncRule): boolean {
  return programs[rule.programs]?.has(type) ?? true;
}
