/**
 * A program lowered: its main function, and those that it calls.
 * @module
 */
import type { MapSpec } from "../../spec/map-spec.ts";
import type { ProgramFunction } from "../../spec/program-spec.ts";
import type { SourceProgramSpec } from "../../spec/source-program.ts";
import type { Diagnostic } from "../compile-error.ts";
import type { IrFunction } from "../ir/function.ts";
import type { Capture } from "../source/source-function.ts";
import { bindContext } from "./context/context.ts";
import { Diagnostics } from "./diagnostics.ts";
import { lowerFunction } from "./function.ts";
import { type FunctionToLower, ProgramContext, type ProgramTarget } from "./program-context.ts";

/** What to lower. */
export interface ProgramToLower {
  readonly spec: SourceProgramSpec;
  readonly capture: Capture;
  readonly target: ProgramTarget;
}

/** A function with what the kernel is told of it. */
export interface LoweredFunction {
  readonly ir: IrFunction;
  readonly parameters: ProgramFunction["parameters"];
}

/** A program in the intermediate representation. */
export interface LoweredProgram {
  /** The main function first. */
  readonly functions: readonly LoweredFunction[];
  readonly maps: Iterable<MapSpec>;
  /** What is wrong; when there is anything, the functions are of no use. */
  readonly errors: readonly Diagnostic[];
}

/** Lowers a program and all functions it calls. */
export function lowerProgram({ spec, capture, target }: ProgramToLower): LoweredProgram {
  const diagnostics = new Diagnostics();
  const called: LoweredFunction[] = [];
  const lower = (given: FunctionToLower): LoweredFunction => {
    const ir = lowerFunction({ program, diagnostics, ...given });
    return { ir, parameters: given.parameters };
  };
  const program = new ProgramContext({
    spec,
    target,
    capture,
    lower: (given) => void called.push(lower(given)),
  });
  const source = capture(spec.code);
  const main = lower({
    source,
    name: program.nameFor(spec.name || source.name || "program"),
    parameters: [{ name: "ctx", type: "pointer" }],
    bind: bindContext,
  });
  const functions = [main, ...called];
  return { functions, maps: program.maps.values(), errors: diagnostics.all };
}
