/**
 * What a kernel lacks of a program's instructions, for programs that it refused.
 *
 * Kernels answer what they do not know with riddles (a reserved field, a table of functions that does not fit). Which
 * instructions came later is known here; that one is to blame is for the caller to find out.
 * @module
 */
import { format } from "../isa/format.ts";
import type { Address, Instruction } from "../isa/instruction.ts";
import { sinceOf, type Version } from "../isa/since.ts";
import { isAtLeast, type KernelVersion } from "../kernel/feature.ts";

/** An instruction that is newer than a kernel. */
export interface NewerInstruction {
  /** In words, for messages. */
  readonly feature: string;
  readonly since: Version;
}

/** The first instruction that Linux `version` does not know, if there is one. */
export function newerInstruction(
  version: KernelVersion,
  instructions: readonly Instruction[],
): NewerInstruction | undefined {
  for (const instruction of instructions) {
    const since = sinceOf(instruction);
    // Maps are numbered as the kernel takes it.
    if (since === undefined || isMap(instruction) || isAtLeast(version, since)) continue;
    return { feature: describe(instruction), since };
  }
  return undefined;
}

function isMap(instruction: Instruction): boolean {
  return addressKind(instruction)?.startsWith("map") === true;
}

function addressKind(instruction: Instruction): Address["kind"] | undefined {
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return undefined;
  return instruction.value.kind;
}

function describe(instruction: Instruction): string {
  if (addressKind(instruction) === "function")
    return "functions of a program that the kernel calls back";
  if (instruction.kind === "call-kfunc") return "calls of the kernel's functions by programs";
  return `the instruction "${format(instruction)}"`;
}
