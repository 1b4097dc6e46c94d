/**
 * The BTF type that says what a program attaches to, where the verifier wants to know it at load.
 * @module
 */
import { tracepointArguments } from "../btf/tracepoint.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { kernelBtf } from "./kernel-btf.ts";

/**
 * Id of the type for a BTF tracepoint, `undefined` for programs that need none.
 * @throws {InvalidArgumentError} when the kernel has no such tracepoint.
 */
export function tracepointTypeId(kernel: Kernel, { target }: ProgramSpec): number | undefined {
  if (target.kind !== "tp_btf") return undefined;
  return tracepointArguments(kernelBtf(kernel), target.name).id;
}
