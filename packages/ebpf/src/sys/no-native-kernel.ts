/**
 * What takes the place of the running kernel where there is none that has eBPF: in a browser.
 *
 * Bundlers put this file there when they bundle for browsers, as field `browser` of package.json says.
 * @module
 */
import { NotSupportedError } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";

/** @throws {NotSupportedError} always. */
export function openNativeKernel(): Kernel {
  throw new NotSupportedError("eBPF of a running kernel", {
    hint: "load into a simulated kernel: load(spec, { kernel: createSimulatedKernel() }) with ts-ebpf/sim",
  });
}
