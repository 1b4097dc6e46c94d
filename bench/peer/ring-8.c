/*
 * ring-8 OBJECT FILLS RECORDS: fills eight rings with records of 64 bytes in turn by test runs, then takes them out with one reader of
 * libbpf. Only the taking is timed; the handler adds the first 8 bytes of each record, which are 1, to a sum.
 */
#include "rings.h"

enum { RINGS = 8 };

static uint64_t sum;

static int take(void *context, void *data, size_t size)
{
	(void)context;
	(void)size;
	sum += *(uint64_t *)data;
	return 0;
}

/* The reader with one more ring; it is made of the first one. */
static struct ring_buffer *with_ring(struct ring_buffer *reader, int map)
{
	if (reader == NULL) {
		reader = ring_buffer__new(map, take, NULL, NULL);
		check("open the rings", reader == NULL ? -errno : 0);
		return reader;
	}
	check("add a ring", ring_buffer__add(reader, map, take, NULL));
	return reader;
}

/* Nanoseconds to take `records` records out of each ring. */
static uint64_t fill_and_take(const int *programs, struct ring_buffer *reader, uint32_t records)
{
	for (int ring = 0; ring < RINGS; ring++)
		fill_ring(programs[ring], records);
	sum = 0;
	uint64_t start = cpu_ns();

	check("consume", ring_buffer__consume(reader));
	uint64_t elapsed = cpu_ns() - start;

	expect("the records that were made", sum == (uint64_t)RINGS * records);
	return elapsed;
}

int main(int argc, char **argv)
{
	uint32_t fills = number_argument(argc, argv, 2);
	uint32_t records = number_argument(argc, argv, 3);
	struct ring_buffer *reader = NULL;
	int programs[RINGS];

	/* An object for each ring: one program is one ring's. */
	for (int ring = 0; ring < RINGS; ring++) {
		struct bpf_object *object = load_rings(argv[1]);

		programs[ring] = program_of(object, "fill");
		reader = with_ring(reader, bpf_object__find_map_fd_by_name(object, "events"));
	}
	say_ready();
	while (next_round()) {
		uint64_t elapsed = 0;

		for (uint32_t count = 0; count < fills; count++)
			elapsed += fill_and_take(programs, reader, records);
		say_ns(elapsed, (uint64_t)fills * RINGS * records);
	}
	return 0;
}
