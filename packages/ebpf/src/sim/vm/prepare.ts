/**
 * Preparation of a program: instructions at their slots, and every jump's target as a slot.
 *
 * It is done once per program, so that engines never resolve a label or count slots. It does not judge the program.
 * @module
 */
import { decode } from "../../isa/decode.ts";
import { slotCount, type Instruction, type Target } from "../../isa/instruction.ts";
import { jumpDistance, placesOf } from "../../isa/places.ts";
import { MachineFault } from "./fault.ts";
import type { ArenaWindow, Engine, Program, ProgramOptions, Wrapper } from "./machine.ts";

/** A program as the engines see it. */
export interface PreparedProgram extends Program {
  /** Slot each jump, call or function reference goes to; -1 elsewhere. */
  readonly targets: Int32Array;
  /** Its place among the machine's programs. */
  readonly number: number;
  readonly arena: ArenaWindow | undefined;
  engine: Engine;
  /** What runs in the place of functions, by their first slots. */
  readonly wrappers: Map<number, Wrapper>;
  /** Compiled functions by first slot, once there are any. */
  functions: ReadonlyMap<number, CompiledFunction> | undefined;
}

/** A compiled function: takes r1 to r5 from the halves of the execution, and leaves r0 there. */
export type CompiledFunction = () => void;

/** Lays out `code`. @throws MachineFault for a jump out of the program. */
export function prepare(
  code: Uint8Array | readonly Instruction[],
  number: number,
  { arena }: ProgramOptions = {},
): PreparedProgram {
  const instructions = code instanceof Uint8Array ? decode(code, { byteOrder: "little" }) : code;
  const slots: (Instruction | undefined)[] = [];
  const places = placesOf(instructions);
  for (const instruction of instructions) {
    slots.push(instruction);
    if (slotCount(instruction) === 2) slots.push(undefined);
  }
  const targets = Int32Array.from(slots, (instruction, slot) => {
    const target = instruction === undefined ? undefined : targetOf(instruction);
    if (target === undefined) return -1;
    const to = slot + 1 + jumpDistance(places, target, slot);
    if (slots[to] === undefined)
      throw new MachineFault("jump", `it goes to slot ${to}, where no instruction is`, slot, {
        source: instruction?.source,
      });
    return to;
  });
  const own = { wrappers: new Map(), engine: "interpret", functions: undefined } as const;
  return { slots, targets, number, arena, ...own };
}

/**
 * Upper half of an address whose lower one, which is not 0, another address space shall see: that of user space where the
 * cast goes to space 1. Programs have 32 bits.
 */
export function upperHalf({ arena }: PreparedProgram, to: number): number {
  return to === 0 || arena === undefined || arena.short === true
    ? 0
    : Number(BigInt.asIntN(32, arena.address >> 32n));
}

function targetOf(instruction: Instruction): Target | undefined {
  if ("target" in instruction) return instruction.target;
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return undefined;
  return instruction.value.kind === "function" ? instruction.value.target : undefined;
}
