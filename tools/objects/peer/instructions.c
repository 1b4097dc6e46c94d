/*
 * instructions: what libbpf makes of the programs of object files before a kernel sees them. Each line it reads is the path of an
 * object and, behind a tab, of the types to relocate it to, those of the kernel when there are none; it answers with a line for each program, its name, the id of what it attaches to and its instructions in hex, and at last
 * with an empty line.
 *
 * Nothing gets into the kernel: libbpf makes its calls of bpf(2) through a function of the C library, whose place the one below
 * takes. It says of maps, types and programs that they were made. So programs that this machine does not allow are there too.
 */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <dlfcn.h>

/* The object that is being loaded. */
static struct bpf_object *object;

/* The types of the kernel, where others than its own are wanted. */
static const char *types;

static int made(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void print_instructions(const union bpf_attr *attr)
{
	const unsigned char *bytes = (const void *)attr->insns;
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		/* Others are made by libbpf to find out what the kernel can do. */
		if ((const void *)bpf_program__insns(program) != bytes)
			continue;
		printf("%s %u ", bpf_program__name(program), attr->attach_btf_id);
		for (size_t index = 0; index < 8ul * attr->insn_cnt; index++)
			printf("%02x", bytes[index]);
		puts("");
	}
}

static long pretend(int command, const union bpf_attr *attr)
{
	switch (command) {
	case BPF_PROG_LOAD:
		print_instructions(attr);
		return made();
	case BPF_MAP_CREATE:
	case BPF_BTF_LOAD:
		return made();
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_OBJ_PIN:
	case BPF_PROG_BIND_MAP:
		return 0;
	default:
		errno = ENOENT;
		return -1;
	}
}

long syscall(long number, ...)
{
	static long (*original)(long, ...);
	long given[6];
	va_list rest;

	va_start(rest, number);
	for (int index = 0; index < 6; index++)
		given[index] = va_arg(rest, long);
	va_end(rest);
	if (number == SYS_bpf)
		return pretend((int)given[0], (const union bpf_attr *)given[1]);
	if (!original)
		original = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return original(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list values)
{
	if (level == LIBBPF_WARN && getenv("VERBOSE"))
		vfprintf(stderr, format, values);
	return 0;
}

/* Opens the object and loads what `only` names. */
static bool load(const char *path, const char *only)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = types);
	struct bpf_program *program;
	bool loaded;

	object = bpf_object__open_file(path, &options);
	if (!object)
		return false;
	bpf_object__for_each_program(program, object) {
		bool typed = bpf_program__type(program) != BPF_PROG_TYPE_UNSPEC;

		bpf_program__set_autoload(program, typed && !strcmp(bpf_program__name(program), only));
	}
	loaded = bpf_object__load(object) == 0;
	bpf_object__close(object);
	return loaded;
}

static void load_each(const char *path)
{
	struct bpf_object *whole = bpf_object__open_file(path, NULL);
	struct bpf_program *program;

	if (!whole)
		return;
	bpf_object__for_each_program(program, whole)
		load(path, bpf_program__name(program));
	bpf_object__close(whole);
}

int main(void)
{
	char path[8192];
	char *tab;

	libbpf_set_print(quiet);
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = 0;
		tab = strchr(path, '\t');
		types = tab ? tab + 1 : NULL;
		if (tab)
			*tab = 0;
		load_each(path);
		puts("");
		fflush(stdout);
	}
	return 0;
}
