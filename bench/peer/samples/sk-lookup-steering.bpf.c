/* Gives one listening socket a whole range of ports; examples/samples/sk-lookup-steering.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile __u16 first_port = 7000;
const volatile __u16 last_port = 7999;

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} listener SEC(".maps");

SEC("sk_lookup")
int steer(struct bpf_sk_lookup *ctx)
{
	struct bpf_sock *socket;
	__u32 zero = 0;
	long error;

	if (ctx->local_port < first_port || ctx->local_port > last_port)
		return SK_PASS;
	socket = bpf_map_lookup_elem(&listener, &zero);
	if (!socket)
		return SK_PASS;
	error = bpf_sk_assign(ctx, socket, 0);
	bpf_sk_release(socket);
	return error ? SK_DROP : SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
