/* Equivalent of examples/samples/syscount.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct call {
	__u64 at_ns;
	__u32 number;
};

struct usage {
	__u64 count;
	__u64 total_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct call);
} running SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct usage);
} usages SEC(".maps");

const volatile __u32 target_pid = 0;

SEC("raw_tracepoint/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct call call = {};
	__u32 thread = id;

	if (target_pid != 0 && id >> 32 != target_pid)
		return 0;
	call.at_ns = bpf_ktime_get_ns();
	call.number = ctx->args[1];
	bpf_map_update_elem(&running, &thread, &call, BPF_ANY);
	return 0;
}

SEC("raw_tracepoint/sys_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 thread = bpf_get_current_pid_tgid();
	struct call *call;
	struct usage *usage;
	__u64 elapsed;

	call = bpf_map_lookup_elem(&running, &thread);
	if (!call)
		return 0;
	elapsed = bpf_ktime_get_ns() - call->at_ns;
	usage = bpf_map_lookup_elem(&usages, &call->number);
	if (usage) {
		__sync_fetch_and_add(&usage->count, 1);
		__sync_fetch_and_add(&usage->total_ns, elapsed);
	} else {
		struct usage first = { .count = 1, .total_ns = elapsed };

		bpf_map_update_elem(&usages, &call->number, &first, BPF_ANY);
	}
	bpf_map_delete_elem(&running, &thread);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
