/* Refuses to open some files; examples/samples/lsm-deny-open.ts in C. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EACCES 13
#define FMODE_WRITE 2

struct file_id {
	__u64 device;
	__u64 inode;
};

struct refusal {
	__u32 pid;
	__u32 mode;
	char comm[16];
	char path[128];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct file_id);
	__type(value, __u32);
	__uint(max_entries, 1024);
} denied SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} refusals SEC(".maps");

SEC("lsm/file_open")
int BPF_PROG(deny_open, struct file *file)
{
	struct inode *inode = file->f_inode;
	struct file_id id = { .device = inode->i_sb->s_dev, .inode = inode->i_ino };
	struct refusal *refusal;
	__u32 *mode;

	mode = bpf_map_lookup_elem(&denied, &id);
	if (!mode)
		return 0;
	if (*mode == FMODE_WRITE && !(file->f_mode & FMODE_WRITE))
		return 0;
	refusal = bpf_ringbuf_reserve(&refusals, sizeof(*refusal), 0);
	if (refusal) {
		refusal->pid = bpf_get_current_pid_tgid() >> 32;
		refusal->mode = file->f_mode;
		bpf_get_current_comm(refusal->comm, sizeof(refusal->comm));
		bpf_d_path((struct path *)&file->f_path, refusal->path, sizeof(refusal->path));
		bpf_ringbuf_submit(refusal, 0);
	}
	return -EACCES;
}

char LICENSE[] SEC("license") = "GPL";
