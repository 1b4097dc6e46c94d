/*
 * map-batch ENTRIES BATCH PASSES: all elements of a full hash map, u32 to u64, in batches with libbpf. Every key and value is added
 * to a sum.
 */
#include <errno.h>
#include <bpf/bpf.h>
#include "rounds.h"

static uint32_t *keys;
static uint64_t *values;

static void fill(int map, uint32_t entries)
{
	for (uint32_t key = 0; key < entries; key++) {
		uint64_t value = key;

		check("fill the map", bpf_map_update_elem(map, &key, &value, BPF_ANY));
	}
}

/* Sum of all keys and values. */
static uint64_t read_all(int map, uint32_t batch)
{
	uint64_t sum = 0;
	uint32_t cursor = 0;
	void *previous = NULL;

	for (;;) {
		uint32_t count = batch;
		int result = bpf_map_lookup_batch(map, previous, &cursor, keys, values, &count, NULL);

		if (result != -ENOENT)
			check("look up a batch", result);
		for (uint32_t index = 0; index < count; index++)
			sum += keys[index] + values[index];
		if (result == -ENOENT)
			return sum;
		previous = &cursor;
	}
}

int main(int argc, char **argv)
{
	uint32_t entries = number_argument(argc, argv, 1);
	uint32_t batch = number_argument(argc, argv, 2);
	uint32_t passes = number_argument(argc, argv, 3);
	int map = check("create the map",
			bpf_map_create(BPF_MAP_TYPE_HASH, "counts", 4, 8, entries, NULL));

	keys = calloc(batch, sizeof(*keys));
	values = calloc(batch, sizeof(*values));
	fill(map, entries);
	say_ready();
	while (next_round()) {
		uint64_t start = cpu_ns();

		for (uint32_t pass = 0; pass < passes; pass++)
			expect("every element once",
			       read_all(map, batch) == (uint64_t)entries * (entries - 1));
		say_ns(cpu_ns() - start, (uint64_t)entries * passes);
	}
	return 0;
}
