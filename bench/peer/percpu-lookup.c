/*
 * percpu-lookup ENTRIES OPERATIONS: one system call per element of a full per-CPU hash map, u32 to u64, and the sum of its
 * values, with libbpf. Keys come in the same order as in ours/percpu-lookup.ts.
 */
#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "rounds.h"

static const uint32_t key_step = 7919;

static void fill(int map, uint32_t entries, uint64_t *values, int cpus)
{
	for (uint32_t key = 0; key < entries; key++) {
		for (int cpu = 0; cpu < cpus; cpu++)
			values[cpu] = key;
		check("fill the map", bpf_map_update_elem(map, &key, values, BPF_ANY));
	}
}

static uint64_t sum(const uint64_t *values, int cpus)
{
	uint64_t total = 0;

	for (int cpu = 0; cpu < cpus; cpu++)
		total += values[cpu];
	return total;
}

int main(int argc, char **argv)
{
	uint32_t entries = number_argument(argc, argv, 1);
	uint32_t operations = number_argument(argc, argv, 2);
	int cpus = check("count the CPUs", libbpf_num_possible_cpus());
	uint64_t *values = calloc(cpus, sizeof(*values));
	int map = check("create the map",
			bpf_map_create(BPF_MAP_TYPE_PERCPU_HASH, "counts", 4, 8, entries, NULL));

	fill(map, entries, values, cpus);
	say_ready();
	while (next_round()) {
		uint64_t start = cpu_ns();
		uint64_t total = 0;
		uint32_t key = 0;

		for (uint32_t count = 0; count < operations; count++) {
			key = (key + key_step) % entries;
			check("look up", bpf_map_lookup_elem(map, &key, values));
			total = sum(values, cpus);
		}
		expect("the sum of the last key", total == (uint64_t)key * cpus);
		say_ns(cpu_ns() - start, operations);
	}
	return 0;
}
