/**
 * Programs taken apart into their functions.
 *
 * A spec has the functions of a program in one list of instructions; an object file has the main one in a section of
 * its own and the others in `.text`, so calls and addresses of functions become references. Functions start where the
 * spec says so or where a call leads to; what lies between is one piece, as the verifier wants it.
 * @module
 */
import { assert } from "../base/assert.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction, Target } from "../isa/instruction.ts";
import { distanceTo, placesOf, type Places } from "../isa/places.ts";
import { slotSize } from "../isa/slot.ts";
import { identifier } from "../relocate/identifier.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";

/** One function of a program. */
export interface SplitFunction {
  readonly name: string;
  /** Index in the program's instructions of its first one. */
  readonly index: number;
  readonly instructions: readonly Instruction[];
  /** Bytes in the program before it. */
  readonly start: number;
  /** Bytes of all its instructions. */
  readonly size: number;
  /** What other things its instructions refer to, in their order. */
  readonly references: readonly Reference[];
}

/** An instruction that refers to something outside of its function. */
export interface Reference {
  /** Bytes from the start of the function. */
  readonly offset: number;
  /** Index in the instructions of the function. */
  readonly index: number;
  readonly to: Referee;
}

/** What an instruction refers to. */
export type Referee =
  /** The map called `name`. */
  | { readonly kind: "map"; readonly name: string }
  /** Bytes in the variable called `name`. */
  | { readonly kind: "map-value"; readonly name: string; readonly offset: number }
  /** A function of the kernel. */
  | { readonly kind: "kfunc"; readonly name: string }
  /** A variable of the kernel. */
  | { readonly kind: "variable"; readonly name: string }
  /** A function of the program that is called: index in its functions. */
  | { readonly kind: "call"; readonly function: number }
  /** A function of the program whose address is taken: index in its functions. */
  | { readonly kind: "address"; readonly function: number };

/**
 * The functions of `program`, the main one first.
 * @throws {InvalidArgumentError} when it refers to something by number, or calls what is no place in it.
 */
export function splitFunctions(program: ProgramSpec): readonly SplitFunction[] {
  const { instructions } = program;
  const places = placesOf(instructions);
  const starts = functionStarts(program, places);
  return starts.map((index, number) => {
    const end = starts[number + 1] ?? instructions.length;
    const from = places.starts[index]!;
    const to = places.starts[end] ?? places.slots;
    const own = instructions.slice(index, end);
    const references = own.flatMap((instruction, at) => {
      const referee = refereeOf(program, { instruction, index: index + at }, { places, starts });
      if (referee === undefined) return [];
      const offset = (places.starts[index + at]! - from) * slotSize;
      return [{ offset, index: at, to: referee }];
    });
    const name = nameOf(program, index, number);
    const [start, size] = [from * slotSize, (to - from) * slotSize];
    return { name, index, instructions: own, start, size, references };
  });
}

/** Indexes of the first instructions of functions, ascending. */
function functionStarts(program: ProgramSpec, places: Places): readonly number[] {
  const starts = new Set([0, ...(program.functions ?? []).map(({ index }) => index)]);
  for (const [index, instruction] of program.instructions.entries()) {
    const target = functionTarget(instruction);
    if (target !== undefined) starts.add(indexAt(program, { target, index }, places));
  }
  return [...starts].toSorted((left, right) => left - right);
}

/** Where the function is that an instruction calls or takes the address of. */
function functionTarget(instruction: Instruction): Target | undefined {
  if (instruction.kind === "call-local") return instruction.target;
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return undefined;
  return instruction.value.kind === "function" ? instruction.value.target : undefined;
}

/** Index of the instruction that `target` means in the instruction with index `index`. */
function indexAt(
  program: ProgramSpec,
  { target, index }: { readonly target: Target; readonly index: number },
  places: Places,
): number {
  const slot = places.starts[index]!;
  const found = places.starts.indexOf(slot + 1 + distanceTo(places, target, slot));
  if (found !== -1) return found;
  throw new InvalidArgumentError(
    `program "${program.name}": instruction ${slot} calls a place outside of the program`,
  );
}

interface Around {
  readonly places: Places;
  readonly starts: readonly number[];
}

function refereeOf(
  program: ProgramSpec,
  place: { readonly instruction: Instruction; readonly index: number },
  { places, starts }: Around,
): Referee | undefined {
  const { instruction, index } = place;
  const target = functionTarget(instruction);
  if (target !== undefined) {
    const kind = instruction.kind === "call-local" ? "call" : "address";
    const callee = starts.indexOf(indexAt(program, { target, index }, places));
    if (callee !== 0) return { kind, function: callee };
    throw new InvalidArgumentError(`program "${program.name}" calls its main function`, {
      hint: "only the kernel calls that one; put what both need into a function of its own",
    });
  }
  if (instruction.kind === "call-kfunc") return kfunc(program, instruction.function);
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return undefined;
  const { value } = instruction;
  if (value.kind === "map" || value.kind === "map-value" || value.kind === "variable") return value;
  throw numbered(program, `a ${value.kind}`);
}

function kfunc(program: ProgramSpec, name: string | number): Referee {
  if (typeof name === "string") return { kind: "kfunc", name };
  throw numbered(program, `function ${name} of the kernel`);
}

function numbered({ name }: ProgramSpec, what: string): InvalidArgumentError {
  return new InvalidArgumentError(`program "${name}" refers to ${what} by number`, {
    hint: "numbers hold for one kernel only; refer to it by name in what is written to a file",
  });
}

function nameOf(program: ProgramSpec, index: number, number: number): string {
  const given = program.functions?.find((each) => each.index === index)?.name;
  const name = number === 0 ? program.name : (given ?? program.instructions[index]?.label);
  assert(index < program.instructions.length, "a function has instructions");
  return identifier(name === undefined || name === "" ? `function_${number}` : name);
}
