/**
 * Network interfaces as they are given to functions that attach: by name or number.
 * @module
 */
import type { Kernel } from "../kernel/kernel.ts";

/**
 * The number of an interface of this process's network namespace.
 * @throws {NotFoundError} when there is none of that name, with the one that may have been meant.
 */
export function interfaceIndexOf(kernel: Kernel, target: string | number): number {
  return typeof target === "string" ? kernel.interfaceIndex(target) : target;
}
