/*
 * A ring buffer with its producers, loaded from rings.bpf.o with libbpf.
 */
#ifndef RINGS_H
#define RINGS_H

#include <errno.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "rounds.h"

/* The object at `path`, loaded. */
static inline struct bpf_object *load_rings(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	check("open the object", object == NULL ? -errno : 0);
	check("load the object", bpf_object__load(object));
	return object;
}

/* Descriptor of a program of the object. */
static inline int program_of(struct bpf_object *object, const char *name)
{
	return check(name, bpf_program__fd(bpf_object__find_program_by_name(object, name)));
}

/* A reader of the object's ring. */
static inline struct ring_buffer *reader_of(struct bpf_object *object, ring_buffer_sample_fn handler)
{
	int map = bpf_object__find_map_fd_by_name(object, "events");
	struct ring_buffer *reader = ring_buffer__new(map, handler, NULL, NULL);

	check("open the ring", reader == NULL ? -errno : 0);
	return reader;
}

/* Runs a program once for each record, on a packet that it does not look at. */
static inline void fill_ring(int program, uint32_t records)
{
	unsigned char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = (int)records);

	check("fill the ring", bpf_prog_test_run_opts(program, &options));
}

#endif
