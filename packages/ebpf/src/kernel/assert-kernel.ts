/**
 * Whether something is a kernel: functions that take one are often given what shall be done with it first.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import type { Kernel } from "./kernel.ts";

/** @throws {InvalidArgumentError} when `value` is no kernel. */
export function assertKernel(value: unknown): asserts value is Kernel {
  if (typeof (value as Partial<Kernel> | null | undefined)?.bpf === "function") return;
  throw new InvalidArgumentError(`the kernel is ${kindOf(value)}`, {
    hint: "give what openNativeKernel() of ts-ebpf/sys returns, or collection.kernel",
  });
}
