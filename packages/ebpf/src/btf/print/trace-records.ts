/**
 * Which record a tracepoint writes, where that is not the one of its own name.
 *
 * The kernel declares a class of events once (`DECLARE_EVENT_CLASS`) and several events of it (`DEFINE_EVENT`); only the
 * class has a struct, and BTF does not hold which event is of which class. Source: include/trace/events.
 * @module
 */

/** Prefix of the structs of records. */
export const recordPrefix = "trace_event_raw_";

/** Classes and events of them; where an event is not listed, its class has its name. */
export const recordClasses: { readonly [recordClass: string]: readonly string[] } = {
  block_bio: ["block_bio_backmerge", "block_bio_frontmerge", "block_bio_queue", "block_getrq"],
  block_rq: ["block_rq_insert", "block_rq_issue", "block_rq_merge"],
  block_rq_completion: ["block_rq_complete", "block_rq_error"],
  cgroup_event: ["cgroup_notify_frozen", "cgroup_notify_populated"],
  cgroup_migrate: ["cgroup_attach_task", "cgroup_transfer_tasks"],
  exceptions: ["page_fault_kernel", "page_fault_user"],
  kmem_alloc: ["kmalloc", "kmem_cache_alloc"],
  net_dev_template: ["net_dev_queue", "netif_receive_skb", "netif_rx"],
  sched_process_template: ["sched_process_exit", "sched_process_free", "sched_wait_task"],
  sched_stat_template: [
    "sched_stat_blocked",
    "sched_stat_iowait",
    "sched_stat_sleep",
    "sched_stat_wait",
  ],
  sched_wakeup_template: ["sched_wakeup", "sched_wakeup_new", "sched_waking"],
  signal_deliver: ["signal_deliver"],
  softirq: ["softirq_entry", "softirq_exit", "softirq_raise"],
  tcp_event_sk: ["tcp_destroy_sock", "tcp_rcv_space_adjust"],
  tcp_event_sk_skb: ["tcp_send_reset"],
  tcp_event_skb: ["tcp_bad_csum"],
  timer_class: ["timer_cancel", "timer_init"],
  workqueue_execute_start: ["workqueue_execute_start"],
};
