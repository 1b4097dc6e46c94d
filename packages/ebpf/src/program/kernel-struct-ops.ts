/**
 * Structs of functions as this kernel has them: in its own types, else in those of one of its modules.
 * @module
 */
import type { Btf } from "../btf/btf.ts";
import { structOpsOf, type StructOps } from "../btf/struct-ops.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { findInKernel, type ModuleTypes } from "./module-types.ts";

/** A struct of functions, and where it was found. */
export interface KernelStructOps {
  readonly struct: StructOps;
  /** The types among which it is. */
  readonly types: Btf;
  /** The module that has it; `undefined` for the kernel itself. */
  readonly module: ModuleTypes | undefined;
}

/**
 * The struct of functions called `name`. Minimum kernel 5.6, of modules 6.9.
 * @throws {InvalidArgumentError} when there is none of this name that programs may stand in for.
 */
export function kernelStructOps(kernel: Kernel, name: string): KernelStructOps {
  const { found, types, module } = findInKernel(kernel, (btf) => structOpsOf(btf, name));
  return { struct: found, types, module };
}
