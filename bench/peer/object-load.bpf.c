/*
 * An object to load: programs that look at tasks, sockets and packets through many fields of the kernel's structs, with maps and
 * variables as tools have them. Both sides load this one file.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_event {
	__u64 values[40];
	char comm[16];
	char parent_comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct task_event);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct task_event);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} sockets SEC(".maps");

const volatile __u32 target_pid = 0;
const volatile bool with_parents = true;
__u64 dropped = 0;
__u32 histogram[32] = {};
__u64 threshold = 1000;

static struct task_event *start(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

SEC("raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct linux_binprm *bprm = (void *)ctx->args[2];
	struct task_event *e = start();
	__u32 pid;

	if (!e)
		return 0;
	pid = BPF_CORE_READ(task, tgid);
	if (target_pid && pid != target_pid)
		return 0;
	e->values[0] = pid;
	e->values[1] = BPF_CORE_READ(task, pid);
	e->values[2] = BPF_CORE_READ(task, start_time);
	e->values[3] = BPF_CORE_READ(task, flags);
	e->values[4] = BPF_CORE_READ(task, prio);
	e->values[5] = BPF_CORE_READ(task, static_prio);
	e->values[6] = BPF_CORE_READ(task, policy);
	e->values[7] = BPF_CORE_READ(task, cred, uid.val);
	e->values[8] = BPF_CORE_READ(task, cred, gid.val);
	e->values[9] = BPF_CORE_READ(task, cred, euid.val);
	e->values[10] = BPF_CORE_READ(task, mm, start_stack);
	e->values[11] = BPF_CORE_READ(task, mm, arg_start);
	e->values[12] = BPF_CORE_READ(task, mm, arg_end);
	e->values[13] = BPF_CORE_READ(task, mm, total_vm);
	e->values[14] = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	e->values[15] = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	e->values[16] = BPF_CORE_READ(task, nsproxy, uts_ns, ns.inum);
	e->values[17] = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	e->values[18] = BPF_CORE_READ(task, signal, nr_threads);
	e->values[19] = BPF_CORE_READ(bprm, file, f_inode, i_ino);
	e->values[20] = BPF_CORE_READ(bprm, argc);
	BPF_CORE_READ_STR_INTO(&e->comm, task, comm);
	if (with_parents) {
		e->values[21] = BPF_CORE_READ(task, real_parent, tgid);
		e->values[22] = BPF_CORE_READ(task, real_parent, start_time);
		e->values[23] = BPF_CORE_READ(task, group_leader, real_parent, real_parent, tgid);
		BPF_CORE_READ_STR_INTO(&e->parent_comm, task, real_parent, comm);
	}
	bpf_map_update_elem(&tasks, &pid, e, BPF_ANY);
	if (bpf_ringbuf_output(&events, e, sizeof(*e), 0))
		__sync_fetch_and_add(&dropped, 1);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct task_event *e = start();
	__u32 pid = BPF_CORE_READ(task, tgid);

	if (!e || pid != BPF_CORE_READ(task, pid))
		return 0;
	e->values[0] = pid;
	e->values[1] = BPF_CORE_READ(task, exit_code);
	e->values[2] = BPF_CORE_READ(task, utime);
	e->values[3] = BPF_CORE_READ(task, stime);
	e->values[4] = BPF_CORE_READ(task, nvcsw);
	e->values[5] = BPF_CORE_READ(task, nivcsw);
	e->values[6] = BPF_CORE_READ(task, signal, group_exit_code);
	e->values[7] = BPF_CORE_READ(task, signal, oom_score_adj);
	e->values[8] = BPF_CORE_READ(task, se.sum_exec_runtime);
	e->values[9] = BPF_CORE_READ(task, se.vruntime);
	e->values[10] = BPF_CORE_READ(task, min_flt);
	e->values[11] = BPF_CORE_READ(task, maj_flt);
	e->values[12] = BPF_CORE_READ(task, ioac.read_bytes);
	e->values[13] = BPF_CORE_READ(task, ioac.write_bytes);
	e->values[14] = BPF_CORE_READ(task, ioac.rchar);
	e->values[15] = BPF_CORE_READ(task, ioac.wchar);
	e->values[16] = BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
	e->values[17] = BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	e->values[18] = bpf_core_field_exists(task->bpf_storage) ? 1 : 0;
	e->values[19] = bpf_core_field_size(task->comm);
	e->values[20] = bpf_core_type_size(struct task_struct);
	bpf_ringbuf_output(&events, e, sizeof(*e), 0);
	bpf_map_delete_elem(&tasks, &pid);
	return 0;
}

SEC("raw_tp/inet_sock_set_state")
int on_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	struct tcp_sock *tcp = (void *)sk;
	struct task_event *e = start();
	__u64 key = (__u64)sk;

	if (!e)
		return 0;
	e->values[0] = BPF_CORE_READ(sk, __sk_common.skc_family);
	e->values[1] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	e->values[2] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	e->values[3] = BPF_CORE_READ(sk, __sk_common.skc_dport);
	e->values[4] = BPF_CORE_READ(sk, __sk_common.skc_num);
	e->values[5] = BPF_CORE_READ(sk, __sk_common.skc_state);
	e->values[6] = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	e->values[7] = BPF_CORE_READ(sk, sk_protocol);
	e->values[8] = BPF_CORE_READ(sk, sk_type);
	e->values[9] = BPF_CORE_READ(sk, sk_mark);
	e->values[10] = BPF_CORE_READ(sk, sk_priority);
	e->values[11] = BPF_CORE_READ(sk, sk_rcvbuf);
	e->values[12] = BPF_CORE_READ(sk, sk_sndbuf);
	e->values[13] = BPF_CORE_READ(sk, sk_wmem_queued);
	e->values[14] = BPF_CORE_READ(sk, sk_err);
	e->values[15] = BPF_CORE_READ(sk, sk_socket, type);
	e->values[16] = BPF_CORE_READ(sk, sk_socket, file, f_flags);
	e->values[17] = BPF_CORE_READ(tcp, srtt_us);
	e->values[18] = BPF_CORE_READ(tcp, mdev_us);
	e->values[19] = BPF_CORE_READ(tcp, snd_cwnd);
	e->values[20] = BPF_CORE_READ(tcp, snd_ssthresh);
	e->values[21] = BPF_CORE_READ(tcp, bytes_acked);
	e->values[22] = BPF_CORE_READ(tcp, bytes_received);
	e->values[23] = BPF_CORE_READ(tcp, segs_in);
	e->values[24] = BPF_CORE_READ(tcp, segs_out);
	e->values[25] = BPF_CORE_READ(tcp, total_retrans);
	e->values[26] = BPF_CORE_READ(tcp, inet_conn.icsk_inet.inet_sport);
	e->values[27] = BPF_CORE_READ(tcp, inet_conn.icsk_rto);
	e->values[28] = BPF_CORE_READ(tcp, inet_conn.icsk_retransmits);
	e->values[29] = bpf_core_enum_value(enum tcp_ca_state, TCP_CA_Recovery);
	bpf_map_update_elem(&sockets, &key, &e->values[21], BPF_ANY);
	bpf_ringbuf_output(&events, e, sizeof(*e), 0);
	return 0;
}

SEC("raw_tp/net_dev_queue")
int on_queue(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (void *)ctx->args[0];
	struct task_event *e = start();
	__u32 length = BPF_CORE_READ(skb, len);

	histogram[length & 31]++;
	if (!e || length < threshold)
		return 0;
	e->values[0] = length;
	e->values[1] = BPF_CORE_READ(skb, data_len);
	e->values[2] = BPF_CORE_READ(skb, protocol);
	e->values[3] = BPF_CORE_READ(skb, mark);
	e->values[4] = BPF_CORE_READ(skb, priority);
	e->values[5] = BPF_CORE_READ(skb, hash);
	e->values[6] = BPF_CORE_READ(skb, queue_mapping);
	e->values[7] = BPF_CORE_READ(skb, network_header);
	e->values[8] = BPF_CORE_READ(skb, transport_header);
	e->values[9] = BPF_CORE_READ(skb, mac_header);
	e->values[10] = BPF_CORE_READ(skb, truesize);
	e->values[11] = BPF_CORE_READ(skb, dev, ifindex);
	e->values[12] = BPF_CORE_READ(skb, dev, mtu);
	e->values[13] = BPF_CORE_READ(skb, dev, flags);
	e->values[14] = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	e->values[15] = BPF_CORE_READ(skb, sk, __sk_common.skc_family);
	e->values[16] = BPF_CORE_READ_BITFIELD_PROBED(skb, ip_summed);
	e->values[17] = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
	bpf_ringbuf_output(&events, e, sizeof(*e), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
