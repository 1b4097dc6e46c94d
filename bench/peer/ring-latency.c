/*
 * ring-latency OBJECT EVENTS: waits for records that carry the time of their making and answers with percentiles of the age at which
 * they reached the handler. Says the id of the program that makes them, for trigger.c to run.
 */
#include "rings.h"

static uint64_t *ages;
static uint32_t seen;

static int note(void *context, void *data, size_t size)
{
	(void)context;
	(void)size;
	ages[seen++] = clock_ns(CLOCK_MONOTONIC) - *(uint64_t *)data;
	return 0;
}

static int by_age(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void say_program(int program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	check("ask for the program", bpf_obj_get_info_by_fd(program, &info, &size));
	printf("{\"program\":%u}\n", info.id);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	uint32_t events = number_argument(argc, argv, 2);
	struct bpf_object *object = load_rings(argv[1]);
	struct ring_buffer *reader = reader_of(object, note);

	ages = calloc(events, sizeof(*ages));
	say_program(program_of(object, "stamp"));
	while (next_round()) {
		seen = 0;
		while (seen < events)
			check("poll", ring_buffer__poll(reader, -1));
		qsort(ages, events, sizeof(*ages), by_age);
		printf("{\"p50\":%llu,\"p99\":%llu}\n", (unsigned long long)ages[events / 2],
		       (unsigned long long)ages[(uint64_t)events * 99 / 100]);
		fflush(stdout);
	}
	return 0;
}
