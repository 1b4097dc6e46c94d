/*
 * btf-load: the types of the running kernel read with libbpf, one found by name, and its members walked; then a name that no type
 * has. `memory` is the size of the file, in MiB.
 */
#include <bpf/btf.h>
#include <sys/stat.h>
#include "rounds.h"

static const char path[] = "/sys/kernel/btf/vmlinux";

/* Size of the file in MiB. */
static double file_size(void)
{
	struct stat status;

	expect("the file", stat(path, &status) == 0);
	return (double)status.st_size / (1 << 20);
}

/* Sum of the offsets of the members of a struct, in bits. */
static uint64_t walk_members(const struct btf *btf, const char *name)
{
	int id = check("find the struct", btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT));
	const struct btf_type *type = btf__type_by_id(btf, id);
	uint64_t sum = 0;

	for (uint32_t index = 0; index < btf_vlen(type); index++) {
		const char *member = btf__name_by_offset(btf, btf_members(type)[index].name_off);

		expect("a name", member != NULL);
		sum += btf_member_bit_offset(type, index);
	}
	return sum;
}

int main(void)
{
	say_ready();
	while (next_round()) {
		uint64_t start = cpu_ns(), found, indexed;
		struct btf *btf = btf__parse(path, NULL);

		expect("BTF", btf != NULL);
		expect("members", walk_members(btf, "task_struct") > 0);
		found = cpu_ns();
		expect("no such type", btf__find_by_name(btf, "no type of this name") < 0);
		indexed = cpu_ns();
		printf("{\"ms\":%.4f,\"index\":%.4f,\"memory\":%.4f}\n", (double)(found - start) / 1e6,
		       (double)(indexed - start) / 1e6, file_size());
		fflush(stdout);
		btf__free(btf);
	}
	return 0;
}
