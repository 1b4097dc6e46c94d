// What examples/objects/calls.ts loads: the system calls of one process, each told in a ring, and counted.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct usage {
  unsigned long calls;
  unsigned long last_ns;
};

struct call {
  unsigned int pid;
  int number;
  char command[16];
};

// Types that nothing is declared with are left out by clang, and rings are declared without one.
struct call *unused_call __attribute__((unused));

const volatile unsigned int target = 0;
unsigned long total;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, unsigned int);
  __type(value, struct usage);
} usages SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 65536);
} calls SEC(".maps");

SEC("raw_tp/sys_enter") int on_call(struct bpf_raw_tracepoint_args *ctx) {
  unsigned int pid = bpf_get_current_pid_tgid() >> 32;
  struct usage first = {1, bpf_ktime_get_ns()}, *usage;
  struct call *call;
  if (pid != target) return 0;
  total++;
  usage = bpf_map_lookup_elem(&usages, &pid);
  if (usage) {
    usage->calls++;
    usage->last_ns = first.last_ns;
  } else bpf_map_update_elem(&usages, &pid, &first, BPF_ANY);
  call = bpf_ringbuf_reserve(&calls, sizeof(*call), 0);
  if (!call) return 0;
  call->pid = pid;
  call->number = ctx->args[1];
  bpf_get_current_comm(call->command, sizeof(call->command));
  bpf_ringbuf_submit(call, 0);
  return 0;
}

char _license[] SEC("license") = "GPL";
