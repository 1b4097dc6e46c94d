/* Joins two connections in the kernel; examples/samples/sockmap-proxy.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1024);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u64);
	__type(value, __u32);
	__uint(max_entries, 1024);
} peers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} forwarded SEC(".maps");

SEC("sk_skb/stream_verdict")
int forward(struct __sk_buff *skb)
{
	__u64 cookie = bpf_get_socket_cookie(skb);
	__u32 zero = 0, *peer;
	__u64 *bytes;

	peer = bpf_map_lookup_elem(&peers, &cookie);
	if (!peer)
		return SK_PASS;
	bytes = bpf_map_lookup_elem(&forwarded, &zero);
	if (bytes)
		*bytes += skb->len;
	return bpf_sk_redirect_map(skb, &sockets, *peer, 0);
}

char LICENSE[] SEC("license") = "GPL";
