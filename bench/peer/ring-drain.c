/*
 * ring-drain OBJECT FILLS RECORDS: fills the ring with records of 64 bytes by test runs, then takes them out with libbpf. Only the taking
 * is timed; the handler adds the first 8 bytes of each record, which are 1, to a sum.
 */
#include "rings.h"

static uint64_t sum;

static int take(void *context, void *data, size_t size)
{
	(void)context;
	(void)size;
	sum += *(uint64_t *)data;
	return 0;
}

/* Nanoseconds to take `records` records. */
static uint64_t fill_and_take(int program, struct ring_buffer *reader, uint32_t records)
{
	fill_ring(program, records);
	sum = 0;
	uint64_t start = cpu_ns();

	check("consume", ring_buffer__consume(reader));
	uint64_t elapsed = cpu_ns() - start;

	expect("the records that were made", sum == records);
	return elapsed;
}

int main(int argc, char **argv)
{
	uint32_t fills = number_argument(argc, argv, 2);
	uint32_t records = number_argument(argc, argv, 3);
	struct bpf_object *object = load_rings(argv[1]);
	int program = program_of(object, "fill");
	struct ring_buffer *reader = reader_of(object, take);

	say_ready();
	while (next_round()) {
		uint64_t elapsed = 0;

		for (uint32_t count = 0; count < fills; count++)
			elapsed += fill_and_take(program, reader, records);
		say_ns(elapsed, (uint64_t)fills * records);
	}
	return 0;
}
