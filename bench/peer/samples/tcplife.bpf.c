/* Equivalent of examples/samples/tcplife.ts. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct birth {
	__u64 at_ns;
	__u32 pid;
	char comm[16];
};

struct session {
	__u64 duration_ns;
	__u64 sent;
	__u64 received;
	__u32 pid;
	__be32 saddr;
	__be32 daddr;
	__u16 sport;
	__u16 dport;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, struct birth);
} births SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} sessions SEC(".maps");

const volatile __u16 port = 0;

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old_state, int state)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	__u64 key = (__u64)sk;
	struct birth *birth;
	struct session *e;
	__u16 sport, dport;

	if (!tcp)
		return 0;
	sport = bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport);
	dport = bpf_ntohs(sk->__sk_common.skc_dport);
	if (port != 0 && sport != port && dport != port)
		return 0;

	if (state == TCP_SYN_SENT || state == TCP_SYN_RECV) {
		struct birth new = {};

		new.at_ns = bpf_ktime_get_ns();
		if (state == TCP_SYN_SENT) {
			new.pid = bpf_get_current_pid_tgid() >> 32;
			bpf_get_current_comm(new.comm, sizeof(new.comm));
		}
		bpf_map_update_elem(&births, &key, &new, BPF_ANY);
		return 0;
	}
	if (state != TCP_CLOSE)
		return 0;

	birth = bpf_map_lookup_elem(&births, &key);
	if (!birth)
		return 0;
	e = bpf_ringbuf_reserve(&sessions, sizeof(*e), 0);
	if (e) {
		e->duration_ns = bpf_ktime_get_ns() - birth->at_ns;
		e->sent = tcp->bytes_acked;
		e->received = tcp->bytes_received;
		e->pid = birth->pid;
		e->saddr = sk->__sk_common.skc_rcv_saddr;
		e->daddr = sk->__sk_common.skc_daddr;
		e->sport = sport;
		e->dport = dport;
		__builtin_memcpy(e->comm, birth->comm, sizeof(e->comm));
		bpf_ringbuf_submit(e, 0);
	}
	bpf_map_delete_elem(&births, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
