/*
 * perf-drain OBJECT FILLS RECORDS: fills the perf buffer of one CPU with records of 64 bytes by test runs, then takes them out with libbpf.
 * Only the taking is timed; the handler adds the first 8 bytes of each record, which are 1, to a sum.
 */
#include "rings.h"

enum { PAGES = 2048 };

static uint64_t sum;

static void take(void *context, int cpu, void *data, uint32_t size)
{
	(void)context;
	(void)cpu;
	(void)size;
	sum += *(uint64_t *)data;
}

/* Nanoseconds to take `records` records. */
static uint64_t fill_and_take(int program, struct perf_buffer *reader, uint32_t records)
{
	fill_ring(program, records);
	sum = 0;
	uint64_t start = cpu_ns();

	check("consume", perf_buffer__consume(reader));
	uint64_t elapsed = cpu_ns() - start;

	expect("the records that were made", sum == records);
	return elapsed;
}

int main(int argc, char **argv)
{
	uint32_t fills = number_argument(argc, argv, 2);
	uint32_t records = number_argument(argc, argv, 3);
	struct bpf_object *object = load_rings(argv[1]);
	int program = program_of(object, "perf_fill");
	int map = bpf_object__find_map_fd_by_name(object, "perf_events");
	struct perf_buffer *reader = perf_buffer__new(map, PAGES, take, NULL, NULL, NULL);

	check("open the perf buffer", reader == NULL ? -errno : 0);
	say_ready();
	while (next_round()) {
		uint64_t elapsed = 0;

		for (uint32_t count = 0; count < fills; count++)
			elapsed += fill_and_take(program, reader, records);
		say_ns(elapsed, (uint64_t)fills * records);
	}
	return 0;
}
