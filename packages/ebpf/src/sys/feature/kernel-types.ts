/**
 * Types of the kernel that probes have to name.
 * @module
 */
import { type Btf, parseBtf } from "../../btf/btf.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";

const parsed = new WeakMap<Kernel, Btf>();

/** BTF of the kernel. @throws {NotSupportedError} when it has none. */
export function kernelTypes(kernel: Kernel): Btf {
  const known = parsed.get(kernel) ?? parseBtf(kernel.readBtf("vmlinux"), { path: "vmlinux" });
  parsed.set(kernel, known);
  return known;
}

/**
 * BTF number of a function of the kernel.
 * @throws {NotSupportedError} when the kernel has no such function, or no BTF.
 */
export function functionId(kernel: Kernel, name: string): number {
  const found = kernelTypes(kernel).findByName(name, "func");
  if (found === undefined) throw new NotSupportedError(`programs on the function ${name}`);
  return found.id;
}
