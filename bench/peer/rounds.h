/*
 * The dialogue with the driver, for the programs that are measured against ours.
 *
 * A program sets up, says so in one line of JSON, then makes a round for every line it reads and answers with one line of JSON.
 * So both sides stay alive with warm maps, and the driver lets them take turns. Time is CPU time of the whole process.
 */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Nanoseconds of a clock. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Nanoseconds of CPU time that this process has used. */
static inline uint64_t cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* Waits for the driver to ask for a round; 0 when it wants no more. */
static inline int next_round(void)
{
	char line[64];

	return fgets(line, sizeof(line), stdin) != NULL;
}

/* Says that rounds can begin. */
static inline void say_ready(void)
{
	puts("{}");
	fflush(stdout);
}

/* Answers a round with the mean of one operation. */
static inline void say_ns(uint64_t elapsed_ns, uint64_t operations)
{
	printf("{\"ns\":%.4f}\n", (double)elapsed_ns / (double)operations);
	fflush(stdout);
}

/* Ends the program with a message when `result` is negative; `result` otherwise. */
static inline int check(const char *what, int result)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "%s: %s\n", what, strerror(-result));
	exit(1);
}

/* Ends the program with a message unless `condition` holds. */
static inline void expect(const char *what, int condition)
{
	if (condition)
		return;
	fprintf(stderr, "expected %s\n", what);
	exit(1);
}

/* Argument `index` of the command line, a positive number. */
static inline uint32_t number_argument(int argc, char **argv, int index)
{
	expect("more arguments", index < argc);
	return (uint32_t)strtoul(argv[index], NULL, 10);
}

#endif
