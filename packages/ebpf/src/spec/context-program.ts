/**
 * Functions that make specs of programs whose only parameter is a context.
 *
 * Each takes instructions, which makes a program, or a function marked "use bpf", which makes one that is compiled when
 * it is loaded.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult } from "./context/loose.ts";
import {
  type AnyProgramOptions,
  type AttachTarget,
  programSpec,
  type ProgramSpec,
} from "./program-spec.ts";
import { sourceProgram, type SourceCode, type SourceProgramSpec } from "./source-program.ts";
import type { ProgramType } from "./words.ts";

/** What a program consists of: instructions, or a function marked "use bpf". */
export type ProgramCode = readonly Instruction[] | SourceCode;

/** A function that makes specs of one kind of program. */
export interface ContextProgram<Context, Target extends AttachTarget, Options> {
  /** A program of instructions. */
  (instructions: readonly Instruction[], options?: Options): ProgramSpec<Target>;
  /** A program that is compiled from `code`. */
  (code: (context: Context) => KernelResult, options?: Options): SourceProgramSpec<Target>;
}

/** A function that makes specs of one kind of program, for a place that comes first. */
export interface PlacedProgram<Place, Context, Target extends AttachTarget, Options> {
  /** A program of instructions. */
  (place: Place, instructions: readonly Instruction[], options?: Options): ProgramSpec<Target>;
  /** A program that is compiled from `code`. */
  (
    place: Place,
    code: (context: Context) => KernelResult,
    options?: Options,
  ): SourceProgramSpec<Target>;
}

/** What is the same for both forms of a program. */
export interface ProgramDescription<Target extends AttachTarget> extends AnyProgramOptions {
  readonly type: ProgramType;
  readonly target: Target;
}

/** The spec of `code`, whichever of the two it is. */
export function programOf<const Target extends AttachTarget>(
  description: ProgramDescription<Target>,
  code: ProgramCode,
): ProgramSpec<Target> & SourceProgramSpec<Target> {
  const spec =
    typeof code === "function" ? sourceProgram(description, code) : programSpec(description, code);
  // One of the two, as the signatures of the callers tell apart by what they are given.
  return spec as ProgramSpec<Target> & SourceProgramSpec<Target>;
}
