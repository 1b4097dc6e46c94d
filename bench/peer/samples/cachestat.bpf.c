/* Equivalent of examples/samples/cachestat.ts. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 accessed = 0;
__u64 added = 0;
__u64 dirtied = 0;
__u64 buffers_dirtied = 0;

const volatile __u32 target_pid = 0;

static __always_inline int count(__u64 *counter)
{
	if (target_pid != 0 && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	__sync_fetch_and_add(counter, 1);
	return 0;
}

SEC("fentry/folio_mark_accessed")
int BPF_PROG(on_access)
{
	return count(&accessed);
}

SEC("fentry/filemap_add_folio")
int BPF_PROG(on_add)
{
	return count(&added);
}

SEC("tp_btf/writeback_dirty_folio")
int BPF_PROG(on_dirty)
{
	return count(&dirtied);
}

SEC("fentry/mark_buffer_dirty")
int BPF_PROG(on_buffer_dirty)
{
	return count(&buffers_dirtied);
}

char LICENSE[] SEC("license") = "GPL";
