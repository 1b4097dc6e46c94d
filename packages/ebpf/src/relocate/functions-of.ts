/**
 * The functions of a program: those it says, or those that its calls show.
 * @module
 */
import type { Instruction, Target } from "../isa/instruction.ts";
import { distanceTo, placesOf } from "../isa/places.ts";
import type { ProgramFunction, ProgramSpec } from "../spec/program-spec.ts";

/**
 * The functions of `program` in the order of its instructions. Where it does not say them and tells where its
 * instructions come from, each place that is called is one; none when it says nothing at all.
 * @throws {InvalidArgumentError} when a label is unknown or stands twice.
 */
export function functionsOf(program: ProgramSpec): readonly ProgramFunction[] {
  const { functions, instructions } = program;
  if (functions !== undefined) {
    return functions.toSorted((left, right) => left.index - right.index);
  }
  const hasLines = instructions.some(({ source }) => source !== undefined);
  return hasLines ? functionsCalled(program) : [];
}

function functionsCalled({ name, instructions }: ProgramSpec): readonly ProgramFunction[] {
  const places = placesOf(instructions);
  const found = new Map([[0, name]]);
  for (const [index, instruction] of instructions.entries()) {
    const target = targetOf(instruction);
    if (target === undefined) continue;
    const at = places.starts[index]!;
    const slot = at + 1 + distanceTo(places, target, at);
    const called = places.starts.indexOf(slot);
    found.set(called, instructions[called]?.label ?? `function_${slot}`);
  }
  return [...found]
    .map(([index, called]) => ({ name: called, index, parameters: [] }))
    .toSorted((left, right) => left.index - right.index);
}

/** The place that an instruction calls, or has called. */
function targetOf(instruction: Instruction): Target | undefined {
  if (instruction.kind === "call-local") return instruction.target;
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return undefined;
  return instruction.value.kind === "function" ? instruction.value.target : undefined;
}
