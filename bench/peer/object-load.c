/*
 * object-load: an object file opened, loaded and closed with libbpf; `load` is the time from start to end. `relocate` is what
 * loading takes beside bpf(2): reading the kernel's types, and relocating by them. libbpf makes those calls through a function of
 * the C library, whose place the one below takes.
 */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "rounds.h"

/* Nanoseconds that were spent in bpf(2). */
static uint64_t in_kernel;

long syscall(long number, ...)
{
	static long (*original)(long, ...);
	uint64_t start = cpu_ns();
	long given[6], result;
	va_list rest;

	if (!original)
		original = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	va_start(rest, number);
	for (int index = 0; index < 6; index++)
		given[index] = va_arg(rest, long);
	va_end(rest);
	result = original(number, given[0], given[1], given[2], given[3], given[4], given[5]);
	if (number == SYS_bpf)
		in_kernel += cpu_ns() - start;
	return result;
}

int main(int argc, char **argv)
{
	expect("an object file", argc == 2);
	say_ready();
	while (next_round()) {
		uint64_t start = cpu_ns(), opened, loaded, end;
		struct bpf_object *object = bpf_object__open_file(argv[1], NULL);

		expect("an object", object != NULL);
		opened = cpu_ns();
		in_kernel = 0;
		check("load", bpf_object__load(object));
		loaded = cpu_ns();
		expect("calls of bpf(2)", in_kernel > 0);
		bpf_object__close(object);
		end = cpu_ns();
		/* It keeps nothing, so that a second load takes as long. */
		printf("{\"load\":%.4f,\"again\":%.4f,\"relocate\":%.4f}\n", (double)(end - start) / 1e6,
		       (double)(end - start) / 1e6, (double)(loaded - opened - in_kernel) / 1e6);
		fflush(stdout);
	}
	return 0;
}
