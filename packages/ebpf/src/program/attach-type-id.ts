/**
 * The BTF type that says what a program attaches to, where the verifier wants to know it at load.
 * @module
 */
import type { Btf } from "../btf/btf.ts";
import { structOpsOf } from "../btf/struct-ops.ts";
import { tracepointId } from "../btf/tracepoint.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AttachTarget, AttachTargetOf, ProgramSpec } from "../spec/program-spec.ts";
import { kernelBtf } from "./kernel-btf.ts";
import { isForProgram } from "./replaced-function.ts";

/**
 * Id of the type for programs on BTF tracepoints, functions, hooks and iterators; `undefined` for programs that need none.
 * @throws {InvalidArgumentError} when the kernel has no such thing.
 */
export function attachTypeId(kernel: Kernel, { target }: ProgramSpec): number | undefined {
  if (isForProgram(target)) return undefined;
  const find = finders[target.kind] as Finder<AttachTarget> | undefined;
  return find?.(kernelBtf(kernel), target);
}

/**
 * Number of the member that a program of `struct_ops` stands in for; `undefined` for others.
 * @throws {InvalidArgumentError} when the struct has no such function.
 */
export function structOpsMember(kernel: Kernel, { target }: ProgramSpec): number | undefined {
  if (target.kind !== "struct_ops") return undefined;
  const { members } = structOpsOf(kernelBtf(kernel), target.type);
  const functions = members.filter(({ kind }) => kind === "function");
  const found = functions.find(({ name }) => name === target.member);
  if (found !== undefined) return found.index;
  const names = functions.map(({ name }) => name);
  throw new InvalidArgumentError(`${target.type} has no function "${target.member}"`, {
    hint: didYouMean(target.member, names) ?? `it has ${names.join(", ")}`,
  });
}

type Finder<Target> = (btf: Btf, target: Target) => number;

const finders: {
  readonly [Kind in AttachTarget["kind"]]?: Finder<AttachTargetOf<Kind>>;
} = {
  tp_btf: (btf, { name }) => tracepointId(btf, name),
  fentry: (btf, { name }) => functionId(btf, { prefix: "", name, what: "function" }),
  fexit: (btf, { name }) => functionId(btf, { prefix: "", name, what: "function" }),
  fmod_ret: (btf, { name }) => functionId(btf, { prefix: "", name, what: "function" }),
  // include/linux/bpf_lsm.h, and DEFINE_BPF_ITER_FUNC in include/linux/bpf.h
  lsm: (btf, { hook }) => functionId(btf, { prefix: "bpf_lsm_", name: hook, what: "LSM hook" }),
  lsm_cgroup: (btf, { hook }) =>
    functionId(btf, { prefix: "bpf_lsm_", name: hook, what: "LSM hook" }),
  struct_ops: (btf, { type }) => structOpsOf(btf, type).id,
  iter: (btf, { name }) => functionId(btf, { prefix: "bpf_iter_", name, what: "iterator" }),
};

interface NamedFunction {
  /** What the kernel's function is called before the name. */
  readonly prefix: string;
  readonly name: string;
  /** What messages call it. */
  readonly what: string;
}

function functionId(btf: Btf, { prefix, name, what }: NamedFunction): number {
  const found = btf.findByName(`${prefix}${name}`, "func");
  if (found !== undefined) return found.id;
  const hint = didYouMean(name, namesAfter(btf, prefix === "" ? name : prefix, prefix));
  throw new InvalidArgumentError(
    `the kernel has no ${what} "${name}"`,
    hint === undefined ? {} : { hint },
  );
}

/** Names of functions like `start` that begin with `prefix`, without it. */
function* namesAfter(btf: Btf, start: string, prefix: string): Generator<string, void> {
  for (const found of btf.namesLike(start, "func")) {
    if (found.startsWith(prefix)) yield found.slice(prefix.length);
  }
}
