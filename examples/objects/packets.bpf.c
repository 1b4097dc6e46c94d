// What examples/objects/load-object.ts loads: counts packets by length, those of a least length only.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile unsigned int leastBytes = 0;
unsigned long seen;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 128);
  __type(key, unsigned int);
  __type(value, unsigned long);
} lengths SEC(".maps");

SEC("xdp") int count(struct xdp_md *packet) {
  unsigned int length = packet->data_end - packet->data;
  unsigned long one = 1, *known;
  if (length < leastBytes) return XDP_PASS;
  seen++;
  known = bpf_map_lookup_elem(&lengths, &length);
  if (known) ++*known;
  else bpf_map_update_elem(&lengths, &length, &one, BPF_ANY);
  return XDP_PASS;
}

SEC("?xdp") int drop(struct xdp_md *packet) { return XDP_DROP; }

char _license[] SEC("license") = "GPL";
