// What examples/objects/toolchain.ts shows the error of: it reads from a packet without looking how long that is.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp") int first_byte(struct xdp_md *packet) {
  unsigned char *data = (void *)(long)packet->data;
  return data[0] == 0 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
