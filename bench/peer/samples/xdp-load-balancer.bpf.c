/* Spreads flows to one address over several servers; examples/samples/xdp-load-balancer.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define ETH_ALEN 6

struct ports {
	__be16 source;
	__be16 destination;
};

struct backend {
	__u32 address;
	__u8 mac[ETH_ALEN];
	__u64 packets;
};

const volatile __be32 service = 0;
const volatile __u32 backend_count = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct backend);
	__uint(max_entries, 64);
} backends SEC(".maps");

/* A checksum after 32 bits under it have changed (RFC 1624). */
static __u16 adjusted(__u16 checksum, __u32 before, __u32 after)
{
	__u32 sum = (__u16)~checksum;

	sum += (~before & 0xffff) + (~before >> 16);
	sum += (after & 0xffff) + (after >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

SEC("xdp")
int balance(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	void *next = ip + 1;
	struct backend *backend;
	struct ports *ports;
	__u32 index, before;
	__u16 *checksum;
	__u64 mixed;

	if ((void *)ip > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (next > data_end || ip->daddr != service || backend_count == 0)
		return XDP_PASS;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	if (ip->ihl > 5)
		next += (ip->ihl - 5) * 4;
	ports = next;
	next = ports + 1;
	if (next > data_end)
		return XDP_PASS;

	mixed = (__u64)ip->saddr << 32 | (__u64)ports->source << 16 | ports->destination;
	mixed = (mixed ^ ip->protocol) * 0x9e3779b97f4a7c15ULL;
	index = (__u32)(mixed >> 32) % backend_count;
	backend = bpf_map_lookup_elem(&backends, &index);
	if (!backend)
		return XDP_DROP;

	checksum = next + (ip->protocol == IPPROTO_TCP ? 12 : 2);
	if ((void *)(checksum + 1) > data_end)
		return XDP_PASS;
	before = ip->daddr;
	ip->daddr = bpf_htonl(backend->address);
	if (*checksum)
		*checksum = adjusted(*checksum, before, ip->daddr);
	ip->check = adjusted(ip->check, before, ip->daddr);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, backend->mac, ETH_ALEN);
	__sync_fetch_and_add(&backend->packets, 1);
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
