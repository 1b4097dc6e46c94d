/*
 * exec-ticker PAUSE_US: executes /bin/true again and again until it is killed, or its standard input ends: events for tracers of exec.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include "rounds.h"

static void execute_true(void)
{
	char *arguments[] = { "true", NULL };
	char *environment[] = { NULL };
	pid_t child;

	check("spawn", -posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment));
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	uint32_t pause_us = number_argument(argc, argv, 1);
	struct timespec pause = { pause_us / 1000000, pause_us % 1000000 * 1000 };
	struct pollfd input = { .fd = 0, .events = POLLIN };

	while (ppoll(&input, 1, &pause, NULL) == 0)
		execute_true();
	return 0;
}
