/**
 * Programs as small as they can be, for asking the kernel whether it takes them.
 * @module
 */
import { encode } from "../../isa/encode.ts";
import type { Instruction } from "../../isa/instruction.ts";
import type { ProgLoad } from "../../kernel/commands.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";

/** What a probe's program differs in. */
export type ProgramShape = Omit<ProgLoad, "insns" | "license">;

/** `r0 = value` */
export function setResult(value: number): Instruction {
  return { kind: "alu", op: "mov", width: 64, dst: "r0", src: value };
}

/** `exit` */
export const exit: Instruction = { kind: "exit" };

/** Loads `return value`; the caller closes it. */
export function loadReturning(kernel: Kernel, value: number, shape: ProgramShape): Handle {
  return loadInstructions(kernel, [setResult(value), exit], shape);
}

/** Loads a program; the caller closes it. */
export function loadInstructions(
  kernel: Kernel,
  instructions: readonly Instruction[],
  shape: ProgramShape,
): Handle {
  // Before 5.0, kprobes are loaded only with the very version of the kernel.
  const [major, minor, patch = 0] = kernel.version;
  const kernVersion = (major << 16) | (minor << 8) | Math.min(patch, 255);
  return kernel.bpf("progLoad", {
    insns: encode(instructions),
    license: "GPL",
    kernVersion,
    ...shape,
  });
}
