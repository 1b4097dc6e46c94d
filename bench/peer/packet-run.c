/*
 * packet-run OBJECT TYPE PACKET RESULT REPEAT SETUP…: CPU time of the only program of an object on one packet, by
 * BPF_PROG_TEST_RUN. SETUP is `variable=bytes` or `map[key]=value`, everything hexadecimal in the order of memory.
 *
 * Each round loads the object anew: where the kernel happens to put a program matters as much as what is in it.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include "rounds.h"

enum { max_bytes = 256 };

/* Reads hexadecimal digits up to what is none; returns the number of bytes. */
static uint32_t parse_hex(const char *text, uint8_t *bytes)
{
	uint32_t count = 0;

	while (count < max_bytes && sscanf(text + 2 * count, "%2hhx", &bytes[count]) == 1)
		count++;
	return count;
}

/* Where in the section of constants a variable lies; its name is that in the source. */
static uint32_t offset_of_variable(const struct btf *btf, const char *name)
{
	int section = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *type = btf__type_by_id(btf, (uint32_t)check("find .rodata", section));
	const struct btf_var_secinfo *variables = btf_var_secinfos(type);

	for (uint32_t index = 0; index < btf_vlen(type); index++) {
		const struct btf_type *variable = btf__type_by_id(btf, variables[index].type);

		if (strcmp(btf__name_by_offset(btf, variable->name_off), name) == 0)
			return variables[index].offset;
	}
	expect(name, false);
	return 0;
}

static struct bpf_map *constants_of(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		if (strstr(bpf_map__name(map), ".rodata") != NULL)
			return map;
	}
	expect("a map of constants", false);
	return NULL;
}

/* `variable=bytes`, before the object is loaded. */
static void set_variable(struct bpf_object *object, const char *text)
{
	uint8_t bytes[max_bytes];
	char name[64];
	size_t size;

	expect("variable=bytes", sscanf(text, "%63[^=]", name) == 1);
	uint32_t length = parse_hex(text + strlen(name) + 1, bytes);
	uint32_t offset = offset_of_variable(bpf_object__btf(object), name);
	uint8_t *values = (uint8_t *)bpf_map__initial_value(constants_of(object), &size);

	expect("a variable inside of its section", values != NULL && offset + length <= size);
	memcpy(values + offset, bytes, length);
}

/* `map[key]=value`, after the object is loaded. */
static void set_element(struct bpf_object *object, const char *text)
{
	uint8_t key[max_bytes] = {}, value[max_bytes] = {};
	char name[64];

	expect("map[key]=value", sscanf(text, "%63[^[]", name) == 1);
	const char *digits = text + strlen(name) + 1;
	const char *behind = digits + 2 * parse_hex(digits, key);

	expect("]= behind the key", strncmp(behind, "]=", 2) == 0);
	parse_hex(behind + 2, value);
	int map = check(name, bpf_object__find_map_fd_by_name(object, name));

	check("update", bpf_map_update_elem(map, key, value, BPF_ANY));
}

static bool is_element(const char *text)
{
	return strchr(text, '[') != NULL;
}

static struct bpf_object *load(char **argv, char **set_up)
{
	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);

	expect("an object file", object != NULL);
	struct bpf_program *program = bpf_object__next_program(object, NULL);
	bool is_xdp = strcmp(argv[2], "xdp") == 0;

	bpf_program__set_type(program, is_xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS);
	bpf_program__set_expected_attach_type(program, 0);
	for (char **text = set_up; *text != NULL; text++) {
		if (!is_element(*text))
			set_variable(object, *text);
	}
	check("load", bpf_object__load(object));
	for (char **text = set_up; *text != NULL; text++) {
		if (is_element(*text))
			set_element(object, *text);
	}
	return object;
}

int main(int argc, char **argv)
{
	uint8_t packet[max_bytes], out[2 * max_bytes];

	expect("more arguments", argc > 5);
	uint32_t length = parse_hex(argv[3], packet);
	uint32_t result = number_argument(argc, argv, 4);
	uint32_t repeat = number_argument(argc, argv, 5);

	libbpf_set_print(NULL);
	say_ready();
	while (next_round()) {
		struct bpf_object *object = load(argv, argv + 6);
		int program = bpf_program__fd(bpf_object__next_program(object, NULL));
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = length,
			    .data_out = out, .data_size_out = sizeof(out), .repeat = (int)repeat);
		uint64_t start = cpu_ns();

		check("run", bpf_prog_test_run_opts(program, &run));
		uint64_t elapsed = cpu_ns() - start;

		expect("the right result", run.retval == result);
		bpf_object__close(object);
		say_ns(elapsed, repeat);
	}
	return 0;
}
