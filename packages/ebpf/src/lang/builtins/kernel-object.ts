/**
 * Objects of the kernel whose address is only a number to the verifier.
 * @module
 */
import { objectAt } from "../../layout/address-of.ts";
import type { Address } from "./helper-arguments.ts";
import type { KernelStruct } from "./kernel-struct.ts";

/**
 * The object at `address`, which is taken for a struct of the kernel: `kernelObject(kernel.linux_binprm, args[2])`. Its
 * members are read by a helper, which reads zeros where nothing is; the verifier searches no types for it, so that such
 * programs load faster than those that follow pointers it knows.
 */
export function kernelObject<T>(_struct: KernelStruct<T>, address: Address): T {
  return (typeof address === "bigint" ? (objectAt(address) ?? {}) : address) as T;
}
