/* Equivalent of examples/samples/tcp-connect-latency.ts. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct start {
	__u64 at_ns;
	__u32 pid;
	char comm[16];
};

struct connection {
	__u64 latency_ns;
	__u32 pid;
	__be32 saddr;
	__be32 daddr;
	__u16 sport;
	__u16 dport;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct start);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} connections SEC(".maps");

const volatile __u32 target_pid = 0;

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old_state, int state)
{
	__u64 key = (__u64)sk;
	struct connection *e;
	struct start *start;

	if (state == TCP_SYN_SENT) {
		__u32 pid = bpf_get_current_pid_tgid() >> 32;
		struct start new = {};

		if (target_pid != 0 && pid != target_pid)
			return 0;
		new.at_ns = bpf_ktime_get_ns();
		new.pid = pid;
		bpf_get_current_comm(new.comm, sizeof(new.comm));
		bpf_map_update_elem(&starts, &key, &new, BPF_ANY);
		return 0;
	}
	start = bpf_map_lookup_elem(&starts, &key);
	if (!start)
		return 0;
	if (state == TCP_ESTABLISHED) {
		e = bpf_ringbuf_reserve(&connections, sizeof(*e), 0);
		if (e) {
			e->latency_ns = bpf_ktime_get_ns() - start->at_ns;
			e->pid = start->pid;
			e->saddr = sk->__sk_common.skc_rcv_saddr;
			e->daddr = sk->__sk_common.skc_daddr;
			e->sport = sk->__sk_common.skc_num;
			e->dport = bpf_ntohs(sk->__sk_common.skc_dport);
			__builtin_memcpy(e->comm, start->comm, sizeof(e->comm));
			bpf_ringbuf_submit(e, 0);
		}
	}
	bpf_map_delete_elem(&starts, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
