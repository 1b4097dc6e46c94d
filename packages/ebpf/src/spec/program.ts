/**
 * Specifications of programs of any type.
 * @module
 */
import { assertOptions, type Checks, isWord } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelFunction } from "./context/loose.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { programChecks } from "./program-checks.ts";
import { type AnyProgramOptions, type ProgramSpec } from "./program-spec.ts";
import { attachTypes } from "./generated/words.ts";
import type { SourceProgramSpec } from "./source-program.ts";
import type { ProgramType } from "./words.ts";

type Nowhere = { readonly kind: "none" };

/** A program of any type, attached to nothing: for test runs, and for types the library has no function for. */
export function program(
  type: ProgramType,
  instructions: readonly Instruction[],
  options?: AnyProgramOptions,
): ProgramSpec<Nowhere>;
export function program(
  type: ProgramType,
  code: KernelFunction,
  options?: AnyProgramOptions,
): SourceProgramSpec<Nowhere>;
export function program(
  type: ProgramType,
  code: ProgramCode,
  options: AnyProgramOptions = {},
): ProgramSpec<Nowhere> | SourceProgramSpec<Nowhere> {
  assertOptions(options, checks, "a program");
  return programOf({ type, target: { kind: "none" }, ...options }, code);
}

const checks: Checks<AnyProgramOptions> = {
  ...programChecks,
  expectedAttachType: isWord(attachTypes),
};
