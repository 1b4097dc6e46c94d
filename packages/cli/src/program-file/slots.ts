/**
 * Lengths of programs as the kernel counts them.
 * @module
 */
import { type Instruction, slotCount } from "ts-ebpf/isa";

/** Slots of 8 bytes; loads of 64-bit constants take two. */
export function slotsOf(instructions: readonly Instruction[]): number {
  return instructions.reduce((sum, instruction) => sum + slotCount(instruction), 0);
}
