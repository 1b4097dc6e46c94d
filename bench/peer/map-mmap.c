/*
 * map-mmap ENTRIES PASSES: reads of all u64 elements of an array that is mapped into the process.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "rounds.h"

static volatile const uint64_t *map_array(uint32_t entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = ((size_t)entries * 8 + page - 1) / page * page;
	int map = check("create the map",
			bpf_map_create(BPF_MAP_TYPE_ARRAY, "counts", 4, 8, entries, &options));

	for (uint32_t key = 0; key < entries; key++) {
		uint64_t value = key;

		check("fill the map", bpf_map_update_elem(map, &key, &value, BPF_ANY));
	}
	void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, map, 0);

	check("map the array", memory == MAP_FAILED ? -errno : 0);
	return memory;
}

static uint64_t sum_all(volatile const uint64_t *values, uint32_t entries)
{
	uint64_t sum = 0;

	for (uint32_t index = 0; index < entries; index++)
		sum += values[index];
	return sum;
}

int main(int argc, char **argv)
{
	uint32_t entries = number_argument(argc, argv, 1);
	uint32_t passes = number_argument(argc, argv, 2);
	volatile const uint64_t *values = map_array(entries);

	say_ready();
	while (next_round()) {
		uint64_t start = cpu_ns();

		for (uint32_t pass = 0; pass < passes; pass++)
			expect("every element once",
			       sum_all(values, entries) == (uint64_t)entries * (entries - 1) / 2);
		say_ns(cpu_ns() - start, (uint64_t)entries * passes);
	}
	return 0;
}
