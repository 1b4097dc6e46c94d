/*
 * Producers of records for the C peers. ours/ring-programs.ts has the same ones as instructions.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} events SEC(".maps");

/* One record of 64 bytes; of many in a row the first wakes whoever waits. */
SEC("tc")
int fill(void *ctx)
{
	__u64 record[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	return bpf_ringbuf_output(&events, record, sizeof(record), 0) == 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf_events SEC(".maps");

/* One record of 64 bytes for the perf buffer of this CPU. */
SEC("tc")
int perf_fill(struct __sk_buff *skb)
{
	__u64 record[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	return bpf_perf_event_output(skb, &perf_events, BPF_F_CURRENT_CPU, record, sizeof(record)) == 0;
}

/* One record with the time of its making; whoever waits is woken. */
SEC("raw_tp")
int stamp(void *ctx)
{
	__u64 now = bpf_ktime_get_ns();

	return bpf_ringbuf_output(&events, &now, sizeof(now), 0);
}

char LICENSE[] SEC("license") = "GPL";
