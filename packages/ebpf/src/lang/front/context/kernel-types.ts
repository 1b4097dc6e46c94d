/**
 * Kernel types that contexts are made of.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import { didYouMean } from "../../../base/text.ts";
import { kernelStruct } from "../btf-types.ts";
import type { SourceRange } from "../diagnostics.ts";
import type { Lowering } from "../lowering.ts";
import type { ArrayType, IntegerType, StructType } from "../type.ts";

/** The kernel's types; ends in an error when there are none. */
export function btfOf(lowering: Lowering, node: SourceRange = lowering.source.node): Btf {
  const { btf } = lowering.program.target;
  if (btf !== undefined) return btf;
  return lowering.fail(
    node,
    "this needs the types of the kernel, and it has no BTF",
    "use a kernel with CONFIG_DEBUG_INFO_BTF, or give the BTF of one",
  );
}

/** A struct of the kernel; ends in an error when there is none. */
export function kernelStructOf(
  lowering: Lowering,
  name: string,
  node: SourceRange = lowering.source.node,
): StructType {
  const btf = btfOf(lowering, node);
  const found = kernelStruct(btf, name);
  if (found !== undefined) return found;
  const near = didYouMean(name, btf.namesLike(name, "struct"));
  const hint = near ?? "what it has is shown by ts-ebpf btf dump";
  return lowering.fail(node, `this kernel has no struct ${name}`, hint);
}

const word: IntegerType = {
  kind: "integer",
  name: "u64",
  size: 8,
  alignment: 8,
  bits: 64,
  signed: false,
  order: "host",
  value: "bigint",
};

/** MAX_BPF_FUNC_REG_ARGS and more: how many arguments raw tracepoints have at most. */
const mostArguments = 12;

const argumentWords: ArrayType = {
  kind: "array",
  name: "u64[12]",
  size: 8 * mostArguments,
  alignment: 8,
  element: word,
  length: mostArguments,
};

/** `struct bpf_raw_tracepoint_args` of include/uapi/linux/bpf.h, with as many arguments as there can be. */
export const rawArgumentsType: StructType = {
  kind: "struct",
  name: "struct bpf_raw_tracepoint_args",
  size: 8 * mostArguments,
  alignment: 8,
  field: (name) => (name === "args" ? { type: argumentWords, offset: 0 } : undefined),
  fieldNames: () => ["args"],
};
