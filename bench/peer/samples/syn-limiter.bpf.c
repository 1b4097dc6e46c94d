/* Lets each address open only so many connections in a second; examples/samples/syn-limiter.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

const volatile __u64 cost_ns = 100000000;
const volatile __u64 burst_ns = 2000000000;

struct syn_bucket {
	__u64 credit_ns;
	__u64 filled_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __be32);
	__type(value, struct syn_bucket);
	__uint(max_entries, 65536);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} dropped SEC(".maps");

SEC("xdp")
int limit_syns(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct syn_bucket *bucket;
	struct tcphdr *tcp;
	__u64 now, credit, *count;
	__u32 zero = 0;
	__be32 source;
	bool enough;

	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if ((void *)(ip + 1) > data_end || ip->protocol != IPPROTO_TCP)
		return XDP_PASS;
	tcp = (void *)(ip + 1);
	if (ip->ihl > 5)
		tcp = (void *)tcp + (ip->ihl - 5) * 4;
	if ((void *)(tcp + 1) > data_end || !tcp->syn || tcp->ack)
		return XDP_PASS;

	source = ip->saddr;
	now = bpf_ktime_get_ns();
	bucket = bpf_map_lookup_elem(&buckets, &source);
	if (!bucket) {
		struct syn_bucket fresh = { .credit_ns = burst_ns - cost_ns, .filled_ns = now };

		bpf_map_update_elem(&buckets, &source, &fresh, BPF_ANY);
		return XDP_PASS;
	}
	credit = bucket->credit_ns + now - bucket->filled_ns;
	if (credit > burst_ns)
		credit = burst_ns;
	enough = credit >= cost_ns;
	bucket->credit_ns = enough ? credit - cost_ns : credit;
	bucket->filled_ns = now;
	if (enough)
		return XDP_PASS;
	count = bpf_map_lookup_elem(&dropped, &zero);
	if (count)
		*count += 1;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
