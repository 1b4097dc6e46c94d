/* Measures each flow that leaves, and drops what goes beyond its share; examples/samples/tc-bandwidth.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define NS_PER_S 1000000000ULL

const volatile __u64 bytes_per_s = 1000000;
const volatile __u64 burst_ns = 100000000;

struct ports {
	__be16 source;
	__be16 destination;
};

struct flow {
	__be32 source;
	__be32 destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
};

struct usage {
	__u64 sent;
	__u64 dropped;
	__u64 credit_ns;
	__u64 filled_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct flow);
	__type(value, struct usage);
	__uint(max_entries, 16384);
} flows SEC(".maps");

SEC("tc")
int limit_bandwidth(struct __sk_buff *skb)
{
	void *data_end = (void *)(long)skb->data_end;
	struct ethhdr *eth = (void *)(long)skb->data;
	struct iphdr *ip = (void *)(eth + 1);
	__u64 now, bytes, cost_ns, credit;
	struct flow flow = {};
	struct ports *ports;
	struct usage *usage;

	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return TCX_NEXT;
	if ((void *)(ip + 1) > data_end)
		return TCX_NEXT;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return TCX_NEXT;
	ports = (void *)(ip + 1);
	if (ip->ihl > 5)
		ports = (void *)ports + (ip->ihl - 5) * 4;
	if ((void *)(ports + 1) > data_end)
		return TCX_NEXT;

	flow.source = ip->saddr;
	flow.destination = ip->daddr;
	flow.source_port = ports->source;
	flow.destination_port = ports->destination;
	flow.protocol = ip->protocol;
	now = bpf_ktime_get_ns();
	bytes = skb->len;
	usage = bpf_map_lookup_elem(&flows, &flow);
	if (!usage) {
		struct usage fresh = { .sent = bytes, .credit_ns = burst_ns, .filled_ns = now };

		bpf_map_update_elem(&flows, &flow, &fresh, BPF_ANY);
		return TCX_NEXT;
	}
	cost_ns = bytes * NS_PER_S / bytes_per_s;
	credit = usage->credit_ns + now - usage->filled_ns;
	if (credit > burst_ns)
		credit = burst_ns;
	usage->filled_ns = now;
	if (credit < cost_ns) {
		usage->credit_ns = credit;
		usage->dropped += bytes;
		return TCX_DROP;
	}
	usage->credit_ns = credit - cost_ns;
	usage->sent += bytes;
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "GPL";
