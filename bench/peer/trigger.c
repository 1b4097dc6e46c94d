/*
 * trigger PROGRAM EVENTS PAUSE_US: runs the loaded program with this id once after every pause. It is a process of its own, so that
 * the reader sleeps between events as it does in use; nothing is attached for it.
 */
#include <errno.h>
#include <bpf/bpf.h>
#include "rounds.h"

int main(int argc, char **argv)
{
	uint32_t id = number_argument(argc, argv, 1);
	uint32_t events = number_argument(argc, argv, 2);
	uint32_t pause_us = number_argument(argc, argv, 3);
	struct timespec pause = { pause_us / 1000000, pause_us % 1000000 * 1000 };
	int program = check("open the program", bpf_prog_get_fd_by_id(id));

	for (uint32_t count = 0; count < events; count++) {
		LIBBPF_OPTS(bpf_test_run_opts, options);

		nanosleep(&pause, NULL);
		check("run the program", bpf_prog_test_run_opts(program, &options));
	}
	return 0;
}
