/* Equivalent of examples/samples/opensnoop.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct start {
	__u64 file;
	__u32 flags;
};

struct open {
	__u32 pid;
	__u32 flags;
	__s32 result;
	char comm[16];
	char file[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, struct start);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

const volatile __u32 target_pid = 0;

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(struct trace_event_raw_sys_enter *call)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct start start = {};

	if (target_pid != 0 && id >> 32 != target_pid)
		return 0;
	start.file = call->args[1];
	start.flags = call->args[2];
	bpf_map_update_elem(&starts, &id, &start, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int on_opened(struct trace_event_raw_sys_exit *call)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct start *start;
	struct open *e;

	start = bpf_map_lookup_elem(&starts, &id);
	if (!start)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->pid = id >> 32;
		e->flags = start->flags;
		e->result = call->ret;
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		bpf_probe_read_user_str(e->file, sizeof(e->file), (const void *)start->file);
		bpf_ringbuf_submit(e, 0);
	}
	bpf_map_delete_elem(&starts, &id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
