/*
 * map-elements lookup|update ENTRIES OPERATIONS: one system call per element of a full hash map, u32 to u64, with libbpf.
 * Keys come in the same order as in ours/map-elements.ts.
 */
#include <bpf/bpf.h>
#include "rounds.h"

static const uint32_t key_step = 7919;

static void fill(int map, uint32_t entries)
{
	for (uint32_t key = 0; key < entries; key++) {
		uint64_t value = key;

		check("fill the map", bpf_map_update_elem(map, &key, &value, BPF_ANY));
	}
}

static void look_up(int map, uint32_t entries, uint32_t operations)
{
	uint32_t key = 0;
	uint64_t value = 0;

	for (uint32_t count = 0; count < operations; count++) {
		key = (key + key_step) % entries;
		check("look up", bpf_map_lookup_elem(map, &key, &value));
	}
	expect("the value of the last key", value % entries == key);
}

static void update(int map, uint32_t entries, uint32_t operations)
{
	uint32_t key = 0;

	for (uint32_t count = 0; count < operations; count++) {
		key = (key + key_step) % entries;
		uint64_t value = key;

		check("update", bpf_map_update_elem(map, &key, &value, BPF_ANY));
	}
}

int main(int argc, char **argv)
{
	uint32_t entries = number_argument(argc, argv, 2);
	uint32_t operations = number_argument(argc, argv, 3);
	void (*work)(int, uint32_t, uint32_t) = strcmp(argv[1], "update") == 0 ? update : look_up;
	int map = check("create the map",
			bpf_map_create(BPF_MAP_TYPE_HASH, "counts", 4, 8, entries, NULL));

	fill(map, entries);
	say_ready();
	while (next_round()) {
		uint64_t start = cpu_ns();

		work(map, entries, operations);
		say_ns(cpu_ns() - start, operations);
	}
	return 0;
}
