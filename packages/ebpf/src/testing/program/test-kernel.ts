/**
 * The kernel that a program is tested in: simulated unless a test, or whoever runs the tests, says otherwise.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { createSimulatedKernel } from "../../sim/simulated-kernel.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";

/** Where a program is tested: a kernel of the test's own, a new simulated one, or the running one. */
export type TestedIn = Kernel | "simulated" | "native";

/**
 * The kernel that `chosen` means; left out, that of the environment variable `EBPF_TEST_KERNEL`, or a simulated one.
 * @throws {InvalidArgumentError} when the variable says something else.
 */
export function kernelFor(chosen: TestedIn | undefined): Kernel {
  const wanted = chosen ?? process.env["EBPF_TEST_KERNEL"] ?? "simulated";
  if (typeof wanted === "object") return wanted;
  if (wanted === "native") return openNativeKernel();
  if (wanted === "simulated") return createSimulatedKernel();
  throw new InvalidArgumentError(`EBPF_TEST_KERNEL is "${wanted}"`, {
    hint: 'there are "simulated" and "native"',
  });
}
