/* Equivalent of examples/samples/execsnoop.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct exec {
	__u64 ts;
	__u64 cgroup;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	char comm[16];
	char file[128];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

const volatile __u32 parent = 0;

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	__u32 ppid = task->real_parent->tgid;
	struct exec *e;

	if (parent != 0 && ppid != parent)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return 0;
	e->ts = bpf_ktime_get_ns();
	e->cgroup = task->cgroups->dfl_cgrp->kn->id;
	e->pid = task->tgid;
	e->ppid = ppid;
	e->uid = task->cred->uid.val;
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), task->comm);
	bpf_probe_read_kernel_str(e->file, sizeof(e->file), bprm->filename);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
