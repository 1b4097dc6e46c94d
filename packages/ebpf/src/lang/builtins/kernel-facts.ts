/**
 * Questions about the kernel a program runs on, answered when it is compiled or loaded.
 * @module
 */
import type { KernelEnums } from "../../types/register.ts";
import { environment } from "./environment.ts";

/** Whether the kernel has the member: `exists(task.loginuid)`. Reading it elsewhere on a kernel without it is an error. */
export function exists(member: unknown): boolean {
  return member !== undefined;
}

/** Value of an enumerator of the kernel: `enumValue("TCP_ESTABLISHED")`. */
export function enumValue<Name extends keyof KernelEnums>(name: Name): KernelEnums[Name] {
  return environment("enumValue").enumValue(name) as KernelEnums[Name];
}
