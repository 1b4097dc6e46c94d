/**
 * The BTF type that says what a program attaches to, where the verifier wants to know it at load.
 * @module
 */
import type { Btf } from "../btf/btf.ts";
import { tracepointId } from "../btf/tracepoint.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AttachTarget, AttachTargetOf, ProgramSpec } from "../spec/program-spec.ts";
import { kernelBtf } from "./kernel-btf.ts";

/**
 * Id of the type for programs on BTF tracepoints, functions, hooks and iterators; `undefined` for programs that need none.
 * @throws {InvalidArgumentError} when the kernel has no such thing.
 */
export function attachTypeId(kernel: Kernel, { target }: ProgramSpec): number | undefined {
  const find = finders[target.kind] as Finder<AttachTarget> | undefined;
  return find?.(kernelBtf(kernel), target);
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
