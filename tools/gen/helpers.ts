/**
 * Generates names and numbers of the kernel's helper functions from the enum `bpf_func_id` of its BTF.
 *
 * Names are without the prefix `BPF_FUNC_`, in the order of the numbers, which never change once given.
 * @module
 */
import { type Generator, header } from "./generator.ts";
import { kernelRelease, kernelTypes } from "./source/kernel-types.ts";

/** Makes `helper/generated/helper-ids.ts`. */
export const generator: Generator = {
  name: "helpers",
  release: kernelRelease,
  generate: () => {
    const source = `the enum bpf_func_id in the BTF of ${kernelRelease()}`;
    const lines = helpers().map(([name, id]) => `  ${name}: ${id},\n`);
    const comment =
      "/** Numbers of helper functions by name: `BPF_FUNC_…` in include/uapi/linux/bpf.h. */";
    const text = `${header("helpers", source)}\n${comment}\nexport const helperIds = {\n${lines.join("")}} as const;\n`;
    return [{ path: "packages/ebpf/src/helper/generated/helper-ids.ts", text }];
  },
};

const prefix = "BPF_FUNC_";

/** Names and numbers; `unspec` and the end mark are no helpers. */
function helpers(): readonly (readonly [name: string, id: number])[] {
  return kernelTypes()
    .constants("bpf_func_id")
    .filter(({ name }) => name.startsWith(prefix) && name !== `${prefix}unspec`)
    .map(({ name, value }) => [name.slice(prefix.length), Number(value)] as const)
    .toSorted(([, left], [, right]) => left - right);
}
