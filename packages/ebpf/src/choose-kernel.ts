/**
 * Which kernel `load` takes when the caller hands it none.
 * @module
 */
import { assertWord } from "./base/arguments.ts";
import { isNotSupported } from "./kernel/errors.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { openNativeKernel } from "./sys/native-kernel.ts";

/**
 * A kernel, or which one: `native`, the running one; `simulated`, a new simulated one. Left out, the running one, and
 * where there is none to speak to (another system than Linux, an unknown machine) a simulated one. Missing privileges
 * do not count: they are an error. Which one it is says `kernel.kind` of what was loaded.
 */
export type KernelChoice = Kernel | "native" | "simulated";

const choices = ["native", "simulated"] as const;

/**
 * The kernel that is meant.
 * @throws {InvalidArgumentError} for another word; {@link NotSupportedError} when `native` is asked for and there is none.
 */
export async function chooseKernel(choice: KernelChoice | undefined): Promise<Kernel> {
  if (typeof choice === "object" && choice !== null) return choice;
  if (choice !== undefined) assertWord(choice, choices, "the kernel to load into");
  if (choice !== "simulated") {
    try {
      return openNativeKernel();
    } catch (error) {
      if (choice === "native" || !isNotSupported(error)) throw error;
    }
  }
  // It is large, and seldom needed.
  const { createSimulatedKernel } = await import("./sim/simulated-kernel.ts");
  return createSimulatedKernel();
}
