/**
 * Specifications of programs that run in the stead of a function of another program.
 * @module
 */
import { assertOptions, type Checks, isListOf, isName, isObject } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import { type AnyProgramSpec, nameOf } from "./collection-spec.ts";
import type { KernelFunction } from "./context/loose.ts";
import type { ProgramCode } from "./context-program.ts";
import { programChecks } from "./program-checks.ts";
import {
  type FreplaceTarget,
  type ProgramFunction,
  type ProgramOptions,
  programSpec,
  type ProgramSpec,
} from "./program-spec.ts";
import { sourceProgram, type SourceProgramSpec } from "./source-program.ts";

/** Options of {@link freplace}. */
export interface FreplaceOptions extends ProgramOptions {
  /** The function of the other program, which has to be global there; its main one when left out. */
  readonly function?: string;
  /** What that function is given, for instructions; a context when left out. */
  readonly parameters?: ProgramFunction["parameters"];
}

/**
 * A program that runs in the stead of a function of `replaced`, with its parameters, as long as it is attached. The other
 * program belongs to the same collection, or is given when loading (`replaces`). Minimum kernel 5.6, to attach 5.10.
 * @throws {InvalidArgumentError} when the other program has no name.
 */
export function freplace(
  replaced: AnyProgramSpec,
  instructions: readonly Instruction[],
  options?: FreplaceOptions,
): ProgramSpec<FreplaceTarget>;
export function freplace(
  replaced: AnyProgramSpec,
  code: KernelFunction,
  options?: FreplaceOptions,
): SourceProgramSpec<FreplaceTarget>;
export function freplace(
  replaced: AnyProgramSpec,
  code: ProgramCode,
  options: FreplaceOptions = {},
): ProgramSpec<FreplaceTarget> | SourceProgramSpec<FreplaceTarget> {
  assertOptions(options, checks, "a program that replaces another");
  const { function: name, parameters = [{ name: "ctx", type: "pointer" }], ...rest } = options;
  const target: FreplaceTarget = {
    kind: "freplace",
    program: nameOf(replaced),
    programType: replaced.type,
    function: name,
  };
  const description = { type: "ext", target, ...rest } as const;
  if (typeof code === "function") return sourceProgram(description, code);
  // The kernel compares what both are given; compiled programs say it by themselves.
  const own: ProgramFunction = { name: rest.name ?? "replacement", index: 0, parameters };
  return Object.freeze({ ...programSpec(description, code), functions: [own] });
}

const checks: Checks<FreplaceOptions> = {
  ...programChecks,
  function: isName,
  parameters: isListOf(isObject),
};
