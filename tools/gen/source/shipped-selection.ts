/**
 * What of a kernel the library declares itself, for projects that have no declarations of their own kernel.
 *
 * These are the structs, hooks and constants that programs use most. A struct that is not listed is known by its name
 * alone where a listed one refers to it.
 * @module
 */
import type { TypeScriptSelection } from "../../../packages/ebpf/src/btf/print/typescript.ts";

/** Names by kind. */
export const shippedSelection: Required<TypeScriptSelection> = {
  types: [
    // Processes and their credentials.
    ...listed(`
      task_struct mm_struct vm_area_struct cred signal_struct sighand_struct nsproxy pid upid
      pid_namespace uts_namespace new_utsname ns_common user_namespace user_struct linux_binprm
      files_struct fdtable fs_struct sched_entity load_weight sched_avg thread_info rq
      kernel_siginfo mnt_namespace net bpf_local_storage
    `),
    // Control groups.
    ...listed(`
      css_set cgroup cgroup_subsys_state kernfs_node task_group
    `),
    // Files.
    ...listed(`
      file inode dentry path qstr super_block vfsmount mount filename address_space
      file_system_type block_device page folio kiocb iov_iter file_operations iattr renamedata
      list_head hlist_node hlist_head
    `),
    // Sockets and packets in the kernel.
    ...listed(`
      sock sock_common inet_sock inet_connection_sock tcp_sock udp_sock socket sk_buff net_device
      request_sock inet_request_sock msghdr unix_sock in6_addr in_addr sockaddr sockaddr_in
      sockaddr_in6 inet_timewait_sock tcp_request_sock proto sockaddr_un tcp_options_received
      skb_shared_info sk_buff_head sk_buff_list dst_entry tcp6_sock udp6_sock tcp_timewait_sock
      mptcp_sock
    `),
    // Packets on the wire.
    ...listed(`
      ethhdr iphdr ipv6hdr tcphdr udphdr icmphdr icmp6hdr arphdr vlan_hdr vlan_ethhdr ipv6_opt_hdr
      frag_hdr ip_auth_hdr gre_base_hdr
    `),
    // Block devices.
    ...listed(`
      request request_queue bio bvec_iter gendisk
    `),
    // Contexts, and what they refer to.
    ...listed(`
      xdp_md __sk_buff bpf_sock_addr bpf_sk_lookup bpf_perf_event_data pt_regs bpf_sock
      bpf_sock_ops bpf_sockopt bpf_sysctl bpf_cgroup_dev_ctx sk_msg_md sk_reuseport_md bpf_nf_ctx
      bpf_raw_tracepoint_args nf_hook_state bpf_flow_keys bpf_tcp_sock bpf_tunnel_key
      bpf_xfrm_state bpf_sock_tuple bpf_fib_lookup bpf_redir_neigh bpf_pidns_info btf_ptr
    `),
    // Objects of BPF.
    ...listed(`
      bpf_map bpf_prog bpf_prog_aux bpf_link bpf_spin_lock bpf_timer bpf_dynptr bpf_iter_num
      bpf_list_head bpf_list_node bpf_rb_root bpf_rb_node bpf_refcount bpf_cpumask bpf_wq
    `),
    // Iterators.
    ...listed(`
      bpf_iter_meta seq_file bpf_iter__task bpf_iter__task_file bpf_iter__task_vma
      bpf_iter__bpf_map bpf_iter__bpf_prog bpf_iter__bpf_link bpf_iter__tcp bpf_iter__udp
      bpf_iter__unix bpf_iter__cgroup bpf_iter__bpf_map_elem bpf_iter__netlink bpf_iter__ksym
      bpf_iter__sockmap
    `),
    // Records of tracepoints.
    ...listed(`
      trace_entry trace_event_raw_sys_enter trace_event_raw_sys_exit
      trace_event_raw_sched_process_exec trace_event_raw_sched_process_fork
      trace_event_raw_sched_process_template trace_event_raw_sched_switch
      trace_event_raw_sched_wakeup_template trace_event_raw_inet_sock_set_state
      trace_event_raw_block_rq trace_event_raw_block_rq_completion trace_event_raw_tcp_event_sk
      trace_event_raw_tcp_probe trace_event_raw_tcp_retransmit_skb trace_event_raw_kfree_skb
      trace_event_raw_net_dev_template trace_event_raw_signal_generate
      trace_event_raw_signal_deliver trace_event_raw_softirq trace_event_raw_irq_handler_entry
      trace_event_raw_irq_handler_exit trace_event_raw_kmalloc trace_event_raw_kfree
      trace_event_raw_oom_score_adj_update trace_event_raw_sched_process_exit
    `),
  ],
  tracepoints: [
    ...listed(`
      sys_enter sys_exit sched_process_exec sched_process_exit sched_process_fork
      sched_process_free sched_switch sched_wakeup sched_wakeup_new sched_waking
      sched_migrate_task sched_stat_runtime task_newtask task_rename signal_generate
      signal_deliver inet_sock_set_state tcp_probe tcp_retransmit_skb tcp_retransmit_synack
      tcp_destroy_sock tcp_rcv_space_adjust tcp_receive_reset tcp_send_reset tcp_bad_csum
      tcp_cong_state_set sock_rcvqueue_full sock_exceed_buf_limit sk_data_ready kfree_skb
      consume_skb netif_receive_skb netif_rx net_dev_queue net_dev_xmit net_dev_start_xmit
      block_rq_insert block_rq_issue block_rq_complete block_rq_error block_bio_queue
      block_bio_complete block_io_start block_io_done softirq_entry softirq_exit softirq_raise
      irq_handler_entry irq_handler_exit kmalloc kfree kmem_cache_alloc kmem_cache_free
      mm_page_alloc mm_page_free page_fault_user page_fault_kernel cpu_frequency cpu_idle
      oom_score_adj_update mark_victim cgroup_mkdir cgroup_rmdir cgroup_attach_task
      workqueue_execute_start workqueue_execute_end timer_start timer_expire_entry hrtimer_start
      hrtimer_expire_entry xdp_exception
    `),
  ],
  lsmHooks: [
    ...listed(`
      bprm_check_security bprm_creds_for_exec bprm_committed_creds cred_prepare task_alloc
      task_free task_kill task_setnice task_fix_setuid capable file_open file_permission
      file_mprotect file_ioctl file_truncate mmap_file inode_create inode_unlink inode_mkdir
      inode_rmdir inode_rename inode_link inode_symlink inode_permission inode_setattr
      inode_getattr inode_setxattr inode_mknod path_unlink path_mkdir path_rmdir path_rename
      path_chmod path_chown path_link path_symlink path_mknod path_truncate sb_mount sb_umount
      socket_create socket_bind socket_connect socket_listen socket_accept socket_sendmsg
      socket_recvmsg unix_stream_connect bpf bpf_map bpf_prog kernel_read_file
      kernel_module_request ptrace_access_check ptrace_traceme settime syslog userns_create
      perf_event_open locked_down
    `),
  ],
  kfuncs: [
    ...listed(`
      bpf_task_acquire bpf_task_release bpf_task_from_pid bpf_task_from_vpid bpf_cgroup_acquire
      bpf_cgroup_release bpf_cgroup_ancestor bpf_cgroup_from_id bpf_task_get_cgroup1
      bpf_task_under_cgroup bpf_rcu_read_lock bpf_rcu_read_unlock bpf_iter_num_new
      bpf_iter_num_next bpf_iter_num_destroy bpf_rdonly_cast bpf_cast_to_kern_ctx bpf_dynptr_size
      bpf_dynptr_slice bpf_dynptr_from_skb bpf_dynptr_from_xdp bpf_get_file_xattr
      bpf_get_task_exe_file bpf_put_file bpf_path_d_path bpf_throw bpf_xdp_metadata_rx_hash
      bpf_xdp_metadata_rx_timestamp bpf_skb_ct_lookup bpf_xdp_ct_lookup bpf_ct_release
      bpf_sock_destroy bpf_send_signal_task bpf_copy_from_user_str bpf_copy_from_user_task_str
      bpf_cpumask_create bpf_cpumask_release bpf_cpumask_test_cpu bpf_strcmp bpf_strlen
      bpf_strnlen bpf_strchr bpf_strstr bpf_strnstr bpf_session_cookie bpf_session_is_return
    `),
  ],
  enumerators: [
    // Each stands for all of its enum.
    ...listed(`
      TCP_ESTABLISHED TCPF_ESTABLISHED SOCK_STREAM IPPROTO_TCP XDP_PASS TCX_PASS SK_PASS BPF_OK
      BPF_ANY BPF_F_NO_PREALLOC BPF_F_USER_STACK BPF_F_CURRENT_CPU BPF_RB_NO_WAKEUP
      BPF_RB_AVAIL_DATA BPF_SOCK_OPS_VOID BPF_SOCK_OPS_RTO_CB_FLAG BPF_TCP_ESTABLISHED
      BPF_F_INGRESS BPF_FIB_LOOKUP_DIRECT BPF_FIB_LKUP_RET_SUCCESS BPF_F_RECOMPUTE_CSUM
      BPF_F_INVALIDATE_HASH BPF_F_ZERO_CSUM_TX BPF_F_TUNINFO_IPV6 BPF_LOCAL_STORAGE_GET_F_CREATE
      BPF_SKB_TSTAMP_UNSPEC BPF_ADJ_ROOM_NET BPF_F_ADJ_ROOM_FIXED_GSO BPF_HDR_START_MAC
      BPF_F_TIMER_ABS BPF_CSUM_LEVEL_QUERY BPF_SK_LOOKUP_F_REPLACE PIDTYPE_PID
      PERF_COUNT_SW_CPU_CLOCK PERF_COUNT_HW_CPU_CYCLES REQ_OP_READ HI_SOFTIRQ SS_CONNECTED
      CGRP_ROOT_NOPREFIX SKB_DROP_REASON_NOT_SPECIFIED
    `),
  ],
};

/** The words of a text. */
function listed(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
