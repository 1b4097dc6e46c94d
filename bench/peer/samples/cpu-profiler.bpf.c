/* Equivalent of examples/samples/cpu-profiler.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct place {
	__u32 pid;
	__s32 kernel_stack;
	__s32 user_stack;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 127 * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 40960);
	__type(key, struct place);
	__type(value, __u64);
} samples SEC(".maps");

const volatile __u32 target_pid = 0;

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct place place = {};
	__u64 *seen, one = 1;

	if (pid == 0 || (target_pid != 0 && pid != target_pid))
		return 0;
	place.pid = pid;
	place.kernel_stack = bpf_get_stackid(ctx, &stacks, 0);
	place.user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	bpf_get_current_comm(place.comm, sizeof(place.comm));
	seen = bpf_map_lookup_elem(&samples, &place);
	if (seen)
		*seen += 1;
	else
		bpf_map_update_elem(&samples, &place, &one, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
