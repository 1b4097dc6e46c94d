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
import { kernelStructOps } from "./kernel-struct-ops.ts";
import { findInKernel, type ModuleTypes } from "./module-types.ts";
import { isForProgram } from "./replaced-function.ts";

/** What a program attaches to. */
export interface AttachType {
  /** Id of the type. */
  readonly id: number;
  /** The module that it is of; `undefined` for the kernel itself. */
  readonly module: ModuleTypes | undefined;
}

/**
 * The type for programs on BTF tracepoints, functions, hooks and iterators, of the kernel or else of one of its modules;
 * `undefined` for programs that need none.
 * @throws {InvalidArgumentError} when there is no such thing.
 */
export function attachType(kernel: Kernel, { target }: ProgramSpec): AttachType | undefined {
  if (isForProgram(target)) return undefined;
  const find = finders[target.kind] as Finder<AttachTarget> | undefined;
  if (find === undefined) return undefined;
  const { found: id, module } = findInKernel(kernel, (types) => find(types, target));
  return { id, module };
}

/**
 * Number of the member that a program of `struct_ops` stands in for; `undefined` for others.
 * @throws {InvalidArgumentError} when the struct has no such function.
 */
export function structOpsMember(kernel: Kernel, { target }: ProgramSpec): number | undefined {
  if (target.kind !== "struct_ops") return undefined;
  const { members } = kernelStructOps(kernel, target.type).struct;
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
  fsession: (btf, { name }) => functionId(btf, { prefix: "", name, what: "function" }),
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
