/**
 * What is not in BTF of functions of the kernel: the flags with which they are registered, and for which programs.
 *
 * Flags are those of `BTF_ID_FLAGS`, sets those of `register_btf_kfunc_id_set` of Linux 6.18. Every function of its BTF
 * that has the tag `bpf_kfunc` and that programs may call is here, and `rules.kernel.test.ts` asks the running kernel
 * who may call it; those of modules are not. What a function takes and gives is told by its type.
 * @module
 */
import type { AttachType, ProgramType } from "../../../spec/words.ts";

/**
 * A flag of a function, `KF_…` of include/linux/btf.h: its result must be given back (`acquire`), what is given is given
 * back (`release`), it may return null (`ret_null`), it takes only addresses that the kernel trusts (`trusted_args`) or that
 * RCU protects too (`rcu`), only in a region of RCU (`rcu_protected`), only in programs that may sleep (`sleepable`).
 */
export type KfuncFlag =
  | "acquire"
  | "release"
  | "ret_null"
  | "trusted_args"
  | "rcu"
  | "rcu_protected"
  | "sleepable";

/** Rules for one function. */
export interface KfuncRule {
  readonly flags: ReadonlySet<KfuncFlag>;
  /** Programs that may call it: types, or types and places; all when left out. */
  readonly programs: readonly string[] | undefined;
}

/** Functions that are registered together. */
interface KfuncSet {
  readonly programs?: readonly string[];
  /** Their names, by their flags. */
  readonly functions: Readonly<Record<string, string>>;
}

const tracing = ["tracing", "tracepoint", "perf_event", "lsm"] satisfies ProgramType[];
const cgroup = [
  "cgroup_skb",
  "cgroup_sock",
  "cgroup_sock_addr",
  "cgroup_sockopt",
  "cgroup_device",
  "cgroup_sysctl",
  "sock_ops",
] satisfies ProgramType[];
const tunnels = ["lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local"] satisfies ProgramType[];

const sets: readonly KfuncSet[] = [
  {
    functions: {
      "": `
        bpf_cast_to_kern_ctx bpf_rdonly_cast bpf_rcu_read_lock bpf_rcu_read_unlock bpf_preempt_disable
        bpf_preempt_enable bpf_local_irq_save bpf_local_irq_restore bpf_modify_return_test_tp
        bpf_res_spin_lock bpf_res_spin_unlock bpf_res_spin_lock_irqsave bpf_res_spin_unlock_irqrestore
        bpf_wq_init bpf_wq_set_callback_impl bpf_wq_start bpf_dynptr_adjust bpf_dynptr_is_null
        bpf_dynptr_is_rdonly bpf_dynptr_size bpf_dynptr_clone bpf_dynptr_copy bpf_dynptr_memset
        bpf_probe_read_user_dynptr bpf_probe_read_user_str_dynptr bpf_probe_read_kernel_dynptr
        bpf_probe_read_kernel_str_dynptr bpf_strcmp bpf_strcasecmp bpf_strlen bpf_strnlen bpf_strchr
        bpf_strnchr bpf_strrchr bpf_strchrnul bpf_strspn bpf_strcspn bpf_strstr bpf_strnstr bpf_iter_num_new
        bpf_iter_bits_new bpf_iter_num_destroy bpf_iter_bits_destroy bpf_iter_task_vma_destroy
        bpf_iter_css_task_destroy bpf_iter_css_destroy bpf_iter_task_destroy bpf_xdp_metadata_rx_timestamp
        bpf_xdp_metadata_rx_hash bpf_xdp_metadata_rx_vlan_tag bpf_get_kmem_cache __bpf_trap`,
      trusted_args: `
        bpf_task_work_schedule_resume_impl bpf_task_work_schedule_signal_impl bpf_map_sum_elem_count
        bpf_iter_css_task_new bpf_stream_vprintk_impl`,
      ret_null: `
        bpf_dynptr_slice bpf_dynptr_slice_rdwr bpf_iter_num_next bpf_iter_bits_next bpf_iter_task_vma_next
        bpf_iter_css_task_next bpf_iter_css_next bpf_iter_task_next`,
      sleepable: `
        bpf_copy_from_user_str bpf_copy_from_user_task_str bpf_copy_from_user_dynptr
        bpf_copy_from_user_str_dynptr bpf_iter_kmem_cache_new bpf_iter_kmem_cache_destroy
        bpf_iter_dmabuf_new bpf_iter_dmabuf_destroy`,
      "sleepable trusted_args": "bpf_copy_from_user_task_dynptr bpf_copy_from_user_task_str_dynptr",
      "trusted_args rcu_protected": "bpf_iter_css_new bpf_iter_task_new",
      "ret_null sleepable": "bpf_iter_kmem_cache_next bpf_iter_dmabuf_next",
      "trusted_args sleepable":
        "bpf_arena_alloc_pages bpf_arena_free_pages bpf_arena_reserve_pages",
      rcu: "bpf_iter_task_vma_new bpf_cgroup_read_xattr",
    },
  },
  {
    programs: [...tracing, ...cgroup, "sched_cls", "xdp", "struct_ops", "syscall"],
    functions: {
      "acquire rcu ret_null": `
        bpf_task_acquire bpf_cgroup_acquire bpf_cgroup_ancestor bpf_task_get_cgroup1
        bpf_refcount_acquire_impl`,
      release: `
        bpf_task_release bpf_cgroup_release bpf_obj_drop_impl bpf_percpu_obj_drop_impl bpf_key_put`,
      "acquire ret_null": `
        bpf_task_from_pid bpf_task_from_vpid bpf_cgroup_from_id bpf_obj_new_impl bpf_percpu_obj_new_impl
        bpf_list_pop_front bpf_list_pop_back bpf_rbtree_remove bpf_lookup_system_key`,
      rcu: "bpf_task_under_cgroup",
      trusted_args: "bpf_send_signal_task",
      "": `
        bpf_throw bpf_list_push_front_impl bpf_list_push_back_impl bpf_rbtree_add_impl`,
      ret_null: `
        bpf_list_front bpf_list_back bpf_rbtree_first bpf_rbtree_root bpf_rbtree_left bpf_rbtree_right`,
      "acquire ret_null sleepable": "bpf_lookup_user_key",
    },
  },
  {
    programs: [...tracing, "struct_ops", "syscall"],
    functions: {
      "acquire ret_null": "bpf_cpumask_create",
      "acquire trusted_args": "bpf_cpumask_acquire",
      release: "bpf_cpumask_release",
      rcu: `
        bpf_cpumask_first bpf_cpumask_first_zero bpf_cpumask_first_and bpf_cpumask_set_cpu
        bpf_cpumask_clear_cpu bpf_cpumask_test_cpu bpf_cpumask_test_and_set_cpu
        bpf_cpumask_test_and_clear_cpu bpf_cpumask_setall bpf_cpumask_clear bpf_cpumask_and bpf_cpumask_or
        bpf_cpumask_xor bpf_cpumask_equal bpf_cpumask_intersects bpf_cpumask_subset bpf_cpumask_empty
        bpf_cpumask_full bpf_cpumask_copy bpf_cpumask_weight bpf_cpumask_any_distribute
        bpf_cpumask_any_and_distribute bpf_cpumask_populate`,
    },
  },
  {
    programs: [...tracing, "sched_cls", "syscall"],
    functions: {
      release: "bpf_kfunc_call_test_release bpf_kfunc_call_memb_release",
    },
  },
  {
    programs: tracing,
    functions: {
      "": "css_rstat_updated",
      sleepable: "css_rstat_flush",
    },
  },
  {
    programs: ["tracing trace_iter"],
    functions: {
      trusted_args: "bpf_sock_destroy",
    },
  },
  {
    programs: ["kprobe trace_kprobe_session", "kprobe trace_uprobe_session"],
    functions: {
      "": "bpf_session_cookie bpf_session_is_return",
    },
  },
  {
    programs: ["lsm"],
    functions: {
      "acquire trusted_args ret_null": "bpf_get_task_exe_file",
      release: "bpf_put_file",
      trusted_args: "bpf_path_d_path",
      "sleepable trusted_args": `
        bpf_get_dentry_xattr bpf_get_file_xattr bpf_set_dentry_xattr bpf_remove_dentry_xattr`,
    },
  },
  {
    programs: [
      ...tracing,
      ...cgroup,
      ...tunnels,
      "sched_cls",
      "sched_act",
      "sk_skb",
      "socket_filter",
      "netfilter",
    ],
    functions: {
      trusted_args: "bpf_dynptr_from_skb",
    },
  },
  {
    programs: ["sched_cls", "sched_act"],
    functions: {
      trusted_args: "bpf_dynptr_from_skb_meta",
    },
  },
  {
    programs: ["sched_cls"],
    functions: {
      trusted_args: "bpf_sk_assign_tcp_reqsk",
    },
  },
  {
    programs: ["xdp"],
    functions: {
      "": "bpf_dynptr_from_xdp bpf_xdp_pull_data",
      "acquire ret_null": "bpf_xdp_get_xfrm_state",
      release: "bpf_xdp_xfrm_state_release",
    },
  },
  {
    programs: ["sched_cls", "xdp"],
    functions: {
      "acquire ret_null": "bpf_skb_ct_alloc bpf_skb_ct_lookup bpf_xdp_ct_alloc bpf_xdp_ct_lookup",
      "acquire release ret_null": "bpf_ct_insert_entry",
      release: "bpf_ct_release",
      trusted_args: `
        bpf_ct_set_timeout bpf_ct_change_timeout bpf_ct_set_status bpf_ct_change_status bpf_ct_set_nat_info`,
    },
  },
  {
    programs: ["sched_cls", "sched_act", "xdp"],
    functions: {
      rcu: "bpf_crypto_encrypt bpf_crypto_decrypt",
    },
  },
  {
    programs: ["syscall"],
    functions: {
      "acquire ret_null sleepable": "bpf_crypto_ctx_create",
      "acquire rcu ret_null": "bpf_crypto_ctx_acquire",
      release: "bpf_crypto_ctx_release",
    },
  },
  {
    programs: cgroup,
    functions: {
      "": "bpf_sock_addr_set_sun_path",
      trusted_args: "bpf_sock_ops_enable_tx_tstamp",
    },
  },
  {
    programs: ["struct_ops"],
    functions: {
      "": `
        tcp_slow_start tcp_cong_avoid_ai tcp_reno_ssthresh tcp_reno_cong_avoid tcp_reno_undo_cwnd
        cubictcp_init cubictcp_recalc_ssthresh cubictcp_cong_avoid cubictcp_state cubictcp_cwnd_event
        cubictcp_acked bbr_init bbr_main bbr_sndbuf_expand bbr_undo_cwnd bbr_cwnd_event bbr_ssthresh
        bbr_min_tso_segs bbr_set_state`,
    },
  },
];

const rules: ReadonlyMap<string, KfuncRule> = new Map(
  sets.flatMap(({ programs, functions }) =>
    Object.entries(functions).flatMap(([words, names]) => {
      const flags = new Set(wordsIn(words) as KfuncFlag[]);
      return wordsIn(names).map((name): [string, KfuncRule] => [name, { programs, flags }]);
    }),
  ),
);

function wordsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** The rule for a function; `undefined` where none is known. */
export function kfuncRule(name: string): KfuncRule | undefined {
  return rules.get(name);
}

/** Names of all functions with rules. */
export function kfuncNames(): readonly string[] {
  return [...rules.keys()];
}

/** Whether a program of a type, made for a place, may call a function. */
export function mayCallKfunc(
  {
    type,
    expectedAttachType = "",
  }: { readonly type: ProgramType; readonly expectedAttachType?: AttachType | "" | undefined },
  { programs }: KfuncRule,
): boolean {
  if (programs === undefined) return true;
  return programs.includes(type) || programs.includes(`${type} ${expectedAttachType}`);
}
