/**
 * Switching on what the kernel counts only when asked to.
 * @module
 */
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

/**
 * Makes the kernel count runs of all programs and the time they take (`runCount` and `runTimeNs` of
 * {@link ProgramInfo}), until what this returns is disposed of, or the process ends. Costs every run of every program two
 * readings of the clock. Minimum kernel 5.8. Privileges: CAP_SYS_ADMIN.
 * @throws {PermissionError} without privileges.
 */
export function enableStatistics(kernel: Kernel = openNativeKernel()): Disposable {
  assertKernel(kernel);
  return kernel.bpf("enableStats", { type: "run_time" });
}
