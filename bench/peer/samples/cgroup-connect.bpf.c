/* Decides where the processes of a control group may connect to; examples/samples/cgroup-connect.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct destination {
	__be32 address;
	__be16 port;
};

struct rule {
	struct destination instead;
	__u64 hits;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct destination);
	__type(value, struct rule);
	__uint(max_entries, 1024);
} rules SEC(".maps");

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	struct destination destination = {};
	struct rule *rule;

	destination.address = ctx->user_ip4;
	destination.port = ctx->user_port;
	rule = bpf_map_lookup_elem(&rules, &destination);
	if (!rule)
		return 1;
	__sync_fetch_and_add(&rule->hits, 1);
	if (!rule->instead.port)
		return 0;
	ctx->user_ip4 = rule->instead.address;
	ctx->user_port = rule->instead.port;
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
