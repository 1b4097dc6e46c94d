/**
 * From a function of TypeScript to a program: captured, lowered, optimised, emitted, with the functions it calls.
 * @module
 */
import type { Btf } from "../btf/btf.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { CoreRelocationSite } from "../spec/core-relocation.ts";
import type { MapSpec } from "../spec/map-spec.ts";
import type { ProgramFunction, ProgramSpec } from "../spec/program-spec.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";
import { CompileError } from "./compile-error.ts";
import { compileFunction } from "./emit/compile-function.ts";
import type { EmittedFunction, IsaVersion } from "./emit/emit.ts";
import { lowerProgram, type LoweredFunction } from "./front/program.ts";
import { printFunction } from "./ir/print.ts";
import { inlineCalls } from "./passes/inline.ts";
import type { Capture } from "./source/source-function.ts";

/** What to compile, and for what. */
export interface CompileProgramOptions {
  readonly program: SourceProgramSpec;
  /** Finds the source of functions. */
  readonly capture: Capture;
  /** Types of the kernel. Programs that need none compile without. */
  readonly btf?: Btf | undefined;
  /** Version of the instruction set: 3 (kernel 5.1) when left out, 4 needs 6.6. */
  readonly isaVersion?: IsaVersion;
  /** `none` compiles what is written, for looking at; `full` when left out. */
  readonly optimize?: "none" | "full";
  /** Kernel compiled for, as `major * 1000 + minor`: 6.1 is 6001. The newest when left out. */
  readonly kernelVersion?: number;
  /** Leave what depends on the kernel to CO-RE, for objects that are loaded elsewhere. */
  readonly portable?: boolean;
  /** Verify the intermediate representation between passes; for tests. */
  readonly debug?: boolean;
}

/** A compiled program. */
export interface CompiledProgram {
  readonly spec: ProgramSpec;
  /** Maps that it uses, with those that the compiler made for constants. */
  readonly maps: readonly MapSpec[];
  /** The intermediate representation before optimising, for people. */
  readonly dump: string;
}

/**
 * Compiles a program.
 * @throws {CompileError} with everything that is wrong with its functions.
 * @throws {InvalidArgumentError} when a function needs more stack than the kernel gives.
 */
export function compileProgram(options: CompileProgramOptions): CompiledProgram {
  const { program, capture, btf, isaVersion = 3, kernelVersion = 99_000 } = options;
  const portable = options.portable ?? false;
  const lowered = lowerProgram({
    spec: program,
    capture,
    target: { btf, isaVersion, kernelVersion, portable },
  });
  if (lowered.errors.length > 0) throw new CompileError(lowered.errors);
  const dump = lowered.functions.map(({ ir }) => printFunction(ir)).join("\n\n");
  if (options.optimize !== "none") inlineCalls(lowered.functions.map(({ ir }) => ir));
  const emitted = used(lowered.functions.map((fn) => ({ ...fn, ...emit(fn, options) })));
  const spec = Object.freeze({ ...programOf(program, emitted) });
  return { spec, maps: [...lowered.maps], dump };
}

function emit(fn: LoweredFunction, options: CompileProgramOptions): EmittedFunction {
  const { isaVersion = 3, optimize = "full", debug = false } = options;
  return compileFunction(fn.ir, { isaVersion, optimize, debug });
}

type Emitted = EmittedFunction & Pick<LoweredFunction, "parameters">;

/** The main function and those that are still called: passes may have found that a call never happens. */
function used(functions: readonly Emitted[]): readonly Emitted[] {
  const [main] = functions;
  const found = new Set([main!]);
  // What is added on the way is gone through as well.
  for (const { instructions } of found) {
    const called = new Set(instructions.map(calledFunction));
    for (const fn of functions) if (called.has(fn.name)) found.add(fn);
  }
  return functions.filter((fn) => found.has(fn));
}

/** Name of the function of the program that an instruction calls or takes the address of. */
function calledFunction(instruction: Instruction): unknown {
  if (instruction.kind === "call-local") return instruction.target;
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return undefined;
  return instruction.value.kind === "function" ? instruction.value.target : undefined;
}

/** The functions one behind the other, the main one first. */
function programOf(source: SourceProgramSpec, emitted: readonly Emitted[]): ProgramSpec {
  const instructions: Instruction[] = [];
  const functions: ProgramFunction[] = [];
  const relocations: CoreRelocationSite[] = [];
  for (const { name, parameters, ...fn } of emitted) {
    const index = instructions.length;
    functions.push({ name, index, parameters });
    relocations.push(
      ...fn.relocations.map((relocation) => ({ ...relocation, index: index + relocation.index })),
    );
    instructions.push(...fn.instructions);
  }
  const { type, license, flags, expectedAttachType, target } = source;
  const name = source.name === "" ? functions[0]!.name : source.name;
  return {
    kind: "program",
    type,
    name,
    instructions,
    license,
    flags,
    expectedAttachType,
    target,
    functions,
    relocations,
  };
}
