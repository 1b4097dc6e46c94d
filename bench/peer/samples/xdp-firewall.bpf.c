/* Drops packets from networks and to ports that are not wanted; examples/samples/xdp-firewall.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define ETH_P_8021Q 0x8100

struct network {
	__u32 prefixlen;
	__be32 address;
};

struct rule {
	__u32 action;
	__u64 hits;
};

struct vlan_header {
	__be16 tci;
	__be16 proto;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__type(key, struct network);
	__type(value, struct rule);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u16);
	__type(value, __u64);
	__uint(max_entries, 256);
} blocked_ports SEC(".maps");

SEC("xdp")
int firewall(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct network source = { .prefixlen = 32 };
	void *next = eth + 1;
	struct udphdr *ports;
	struct iphdr *ip;
	struct rule *rule;
	__u16 proto, port;
	__u64 *hits;

	if (next > data_end)
		return XDP_PASS;
	proto = bpf_ntohs(eth->h_proto);
	if (proto == ETH_P_8021Q) {
		struct vlan_header *vlan = next;

		next = vlan + 1;
		if (next > data_end)
			return XDP_PASS;
		proto = bpf_ntohs(vlan->proto);
	}
	if (proto != ETH_P_IP)
		return XDP_PASS;
	ip = next;
	if ((void *)(ip + 1) > data_end)
		return XDP_PASS;

	source.address = ip->saddr;
	rule = bpf_map_lookup_elem(&rules, &source);
	if (rule) {
		__sync_fetch_and_add(&rule->hits, 1);
		if (rule->action == XDP_DROP)
			return XDP_DROP;
	}

	next = ip + 1;
	if (ip->ihl > 5)
		next += (ip->ihl - 5) * 4;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	ports = next; /* at the same place in TCP */
	if ((void *)(ports + 1) > data_end)
		return XDP_PASS;
	port = bpf_ntohs(ports->dest);
	hits = bpf_map_lookup_elem(&blocked_ports, &port);
	if (hits) {
		__sync_fetch_and_add(hits, 1);
		return XDP_DROP;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
