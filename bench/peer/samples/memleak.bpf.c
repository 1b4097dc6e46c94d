/* Finds memory that is allocated and not freed; examples/samples/memleak.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct origin {
	__u32 pid;
	__s32 stack;
};

struct allocation {
	__u64 bytes;
	struct origin origin;
};

struct outstanding {
	__u64 bytes;
	__u64 count;
};

const volatile __u32 target_pid = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u64);
	__type(value, __u64);
	__uint(max_entries, 10240);
} asked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u64);
	__type(value, struct allocation);
	__uint(max_entries, 1000000);
} allocations SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct origin);
	__type(value, struct outstanding);
	__uint(max_entries, 10240);
} outstanding SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 127 * sizeof(__u64));
	__uint(max_entries, 16384);
} stacks SEC(".maps");

SEC("uprobe")
int BPF_KPROBE(on_malloc, __u64 size)
{
	__u64 thread = bpf_get_current_pid_tgid();

	if (target_pid && thread >> 32 != target_pid)
		return 0;
	bpf_map_update_elem(&asked, &thread, &size, BPF_ANY);
	return 0;
}

SEC("uretprobe")
int BPF_KRETPROBE(on_malloc_return, __u64 address)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct allocation allocation;
	struct outstanding *total;
	__u64 *size;

	size = bpf_map_lookup_elem(&asked, &thread);
	if (!size)
		return 0;
	allocation.bytes = *size;
	bpf_map_delete_elem(&asked, &thread);
	if (!address)
		return 0;

	allocation.origin.pid = thread >> 32;
	allocation.origin.stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	bpf_map_update_elem(&allocations, &address, &allocation, BPF_ANY);
	total = bpf_map_lookup_elem(&outstanding, &allocation.origin);
	if (!total) {
		struct outstanding fresh = { .bytes = allocation.bytes, .count = 1 };

		bpf_map_update_elem(&outstanding, &allocation.origin, &fresh, BPF_ANY);
		return 0;
	}
	__sync_fetch_and_add(&total->bytes, allocation.bytes);
	__sync_fetch_and_add(&total->count, 1);
	return 0;
}

SEC("uprobe")
int BPF_KPROBE(on_free, __u64 address)
{
	struct allocation *allocation;
	struct outstanding *total;

	allocation = bpf_map_lookup_elem(&allocations, &address);
	if (!allocation)
		return 0;
	total = bpf_map_lookup_elem(&outstanding, &allocation->origin);
	if (total) {
		__sync_fetch_and_add(&total->bytes, -allocation->bytes);
		__sync_fetch_and_add(&total->count, -1);
	}
	bpf_map_delete_elem(&allocations, &address);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
