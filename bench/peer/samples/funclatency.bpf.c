/* Equivalent of examples/samples/funclatency.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "bit-length.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, __u64);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 33);
	__type(key, __u32);
	__type(value, __u64);
} histogram SEC(".maps");

const volatile __u32 target_pid = 0;

SEC("uprobe")
int on_call(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid(), now;

	if (target_pid != 0 && id >> 32 != target_pid)
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&calls, &id, &now, BPF_ANY);
	return 0;
}

SEC("uretprobe")
int on_return(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid(), *since, *count;
	__u32 slot;

	since = bpf_map_lookup_elem(&calls, &id);
	if (!since)
		return 0;
	slot = bit_length(bpf_ktime_get_ns() - *since);
	count = bpf_map_lookup_elem(&histogram, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);
	bpf_map_delete_elem(&calls, &id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
