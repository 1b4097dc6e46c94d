/* Equivalent of examples/samples/runqlat.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "bit-length.h"

#define TASK_RUNNING 0

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, pid_t);
	__type(value, __u64);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 33);
	__type(key, __u32);
	__type(value, __u64);
} histogram SEC(".maps");

const volatile pid_t target_pid = 0;

static __always_inline int on_runnable(struct task_struct *task)
{
	pid_t pid = task->pid;
	__u64 now;

	if (target_pid != 0 && task->tgid != target_pid)
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&waiting, &pid, &now, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	return on_runnable(task);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(on_wakeup_new, struct task_struct *task)
{
	return on_runnable(task);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *previous, struct task_struct *next)
{
	__u64 now = bpf_ktime_get_ns(), *since, *count;
	pid_t pid = previous->pid;
	__u32 slot;

	if (previous->__state == TASK_RUNNING && (target_pid == 0 || previous->tgid == target_pid))
		bpf_map_update_elem(&waiting, &pid, &now, BPF_ANY);
	pid = next->pid;
	since = bpf_map_lookup_elem(&waiting, &pid);
	if (!since)
		return 0;
	slot = bit_length((now - *since) / 1000);
	count = bpf_map_lookup_elem(&histogram, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);
	bpf_map_delete_elem(&waiting, &pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
