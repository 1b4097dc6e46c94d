/* Equivalent of examples/samples/biolatency.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "bit-length.h"

struct disk {
	__u32 major;
	__u32 minor;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, __u64);
} issued SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 33);
	__type(key, __u32);
	__type(value, __u64);
} histogram SEC(".maps");

const volatile struct disk disk = {};

SEC("tp_btf/block_rq_issue")
int BPF_PROG(on_issue, struct request *request)
{
	struct gendisk *of = request->q->disk;
	__u64 key = (__u64)request, now;

	if (disk.major != 0 && (of->major != disk.major || of->first_minor != disk.minor))
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&issued, &key, &now, BPF_ANY);
	return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(on_complete, struct request *request)
{
	__u64 key = (__u64)request, *since, *count;
	__u32 slot;

	since = bpf_map_lookup_elem(&issued, &key);
	if (!since)
		return 0;
	slot = bit_length((bpf_ktime_get_ns() - *since) / 1000);
	count = bpf_map_lookup_elem(&histogram, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);
	bpf_map_delete_elem(&issued, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
