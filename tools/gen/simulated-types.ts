/**
 * Generates the types of the kernel that the simulated kernel has when it is given none, from the BTF of the running one.
 *
 * They are those that the library declares for projects without declarations of their own, so that what type-checks there
 * compiles here. Of the functions of the kernel that programs may call only those are there that are simulated.
 * @module
 */
import { readFileSync } from "node:fs";
import { parseBtf } from "../../packages/ebpf/src/btf/btf.ts";
import { type Generator, header } from "./generator.ts";
import { kernelRelease } from "./source/kernel-types.ts";
import { type BtfSelection, selectedBtf } from "./source/selected-btf.ts";
import { shippedSelection } from "./source/shipped-selection.ts";

const path = "packages/ebpf/src/sim/generated/kernel-types.ts";

/** Makes `sim/generated/kernel-types.ts`. */
export const generator: Generator = {
  name: "simulated-types",
  release: kernelRelease,
  generate: () => [{ path, text: kernelTypes() }],
};

function kernelTypes(): string {
  const btf = parseBtf(readFileSync("/sys/kernel/btf/vmlinux"), { path: "vmlinux" });
  const bytes = Buffer.from(selectedBtf(btf, selection()));
  return [
    header("simulated-types", `the BTF of ${kernelRelease()}`),
    "\n/** BTF in base64. */\n",
    `export const kernelTypes: string =\n  "${bytes.toString("base64")}";\n`,
  ].join("");
}

/** Functions of the kernel that programs are often attached to. */
const functions = [
  ..."do_sys_openat2 do_unlinkat do_exit do_filp_open vfs_read vfs_write vfs_open vfs_fsync".split(
    " ",
  ),
  ..."vfs_unlink vfs_mkdir vfs_rename vfs_create vfs_statx filp_close security_file_open".split(
    " ",
  ),
  ..."tcp_v4_connect tcp_v6_connect tcp_connect tcp_close tcp_sendmsg tcp_recvmsg".split(" "),
  ..."tcp_set_state tcp_rcv_established inet_csk_accept udp_sendmsg udp_recvmsg ip_rcv".split(" "),
  ..."__netif_receive_skb_core dev_queue_xmit __dev_queue_xmit kfree_skb_reason icmp_rcv".split(
    " ",
  ),
  ..."wake_up_new_task finish_task_switch copy_process kernel_clone oom_kill_process".split(" "),
  ..."filemap_add_folio mark_buffer_dirty folio_mark_accessed blk_mq_start_request blk_account_io_done".split(
    " ",
  ),
];

/** Functions that programs may call: those of `sim/helper/kfuncs.ts`. */
const called = [
  ..."bpf_iter_num_new bpf_iter_num_next bpf_iter_num_destroy bpf_rcu_read_lock".split(" "),
  ..."bpf_rcu_read_unlock bpf_preempt_disable bpf_preempt_enable bpf_task_acquire".split(" "),
  ..."bpf_task_release bpf_cgroup_acquire bpf_cgroup_release bpf_task_from_pid".split(" "),
  ..."bpf_rdonly_cast bpf_cast_to_kern_ctx bpf_strcmp bpf_strlen bpf_strnlen bpf_strstr".split(" "),
  ..."bpf_strchr bpf_local_irq_save bpf_local_irq_restore bpf_dynptr_from_skb".split(" "),
  ..."bpf_dynptr_from_xdp bpf_dynptr_slice bpf_dynptr_slice_rdwr bpf_dynptr_adjust".split(" "),
  ..."bpf_dynptr_is_null bpf_dynptr_is_rdonly bpf_dynptr_size bpf_dynptr_clone".split(" "),
  ..."bpf_arena_alloc_pages bpf_arena_free_pages bpf_arena_reserve_pages".split(" "),
  "bpf_stream_vprintk_impl",
];

/** Tracepoints beside those that are declared. */
const furtherTracepoints = ["writeback_dirty_folio", "writeback_dirty_page"];

/** Structs of functions that programs stand in for: those whose arguments are declared, and the one for tests. */
const structOps = ["tcp_congestion_ops", "bpf_dummy_ops"];

function selection(): BtfSelection {
  const { types, lsmHooks, enumerators } = shippedSelection;
  const tracepoints = [...shippedSelection.tracepoints, ...furtherTracepoints];
  const records = types.filter((name) => name.startsWith("bpf_iter__"));
  return {
    types: [
      ...types,
      ...tracepoints.map((name) => `btf_trace_${name}`),
      ...structOps.flatMap((name) => [name, `bpf_struct_ops_${name}`]),
      // What their functions are given beside sockets.
      "ack_sample",
      "rate_sample",
      "bpf_dummy_ops_state",
    ],
    functions: [
      ...functions,
      ...called,
      ...tracepoints.map((name) => `__traceiter_${name}`),
      ...lsmHooks.map((name) => `bpf_lsm_${name}`),
      ...records.map((name) => name.replace("__", "_")),
    ],
    enumerators,
  };
}
