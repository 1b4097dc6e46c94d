/**
 * Which instructions, branches and lines of programs the runs of a test have executed.
 *
 * The simulated kernel tells of every instruction before it executes it; an instruction carries the line that it was made
 * of. So a line is as often executed as the most executed of its instructions, and a branch is an edge of a conditional
 * jump. What the compiler left out (constants, what never happens) has no instructions, and so does not count.
 * @module
 */
import type { Instruction, InstructionOf } from "../../isa/instruction.ts";
import type { Program as LoadedProgram } from "../../program/program.ts";
import { isRegister, registerNumber } from "../../isa/register.ts";
import type { SimulatedKernel } from "../../sim/simulated-kernel.ts";
import { objectOf } from "../../sim/object.ts";
import { SimulatedProgram } from "../../sim/program.ts";
import { compare } from "../../sim/vm/arithmetic.ts";
import type { Step } from "../../sim/vm/machine.ts";
import { lcovText } from "./lcov.ts";
import { coverageReport, type CoverageReport } from "./report.ts";
import { summaryText } from "./summary.ts";

/** What was executed of one instruction. */
export interface Covered {
  readonly instruction: Instruction;
  readonly slot: number;
  count: number;
  /** How often a conditional jump jumped. */
  taken: number;
}

/** A program and what was executed of it. */
export interface CoveredProgram {
  readonly name: string;
  /** Names of its functions, by the slot they start at. */
  readonly functions: ReadonlyMap<number, string>;
  readonly instructions: readonly Covered[];
}

/** Counts what is executed. One may serve many tests: of one program, of many. */
export class Coverage {
  readonly #programs = new Map<string, CoveredProgram>();
  readonly #counters = new WeakMap<Instruction, Covered>();

  /** Counts from now on what is executed of a loaded program. The same program loaded again adds to the same counts. */
  addProgram(program: LoadedProgram): void {
    const { slots } = objectOf(program.handle, SimulatedProgram).program;
    const loaded = slots.flatMap((instruction, slot) =>
      instruction === undefined ? [] : [{ instruction, slot, count: 0, taken: 0 }],
    );
    const { name, spec } = program;
    const identity = JSON.stringify([name, loaded.map(({ instruction }) => shapeOf(instruction))]);
    const known = this.#programs.get(identity) ?? {
      name,
      functions: functionsOf(spec.functions ?? [], loaded),
      instructions: loaded,
    };
    this.#programs.set(identity, known);
    for (const [index, { instruction }] of loaded.entries())
      this.#counters.set(instruction, known.instructions[index]!);
  }

  /** What `run` gives, with what programs execute meanwhile counted. */
  watch<T>(kernel: SimulatedKernel, run: () => T): T {
    return kernel.traced((step) => this.#count(step), run);
  }

  /** The counts so far, by program, line and branch. */
  report(): CoverageReport {
    return coverageReport([...this.#programs.values()]);
  }

  /** A table for people: a line for each program, and the lines of source that were not reached. */
  summary(): string {
    return summaryText(this.report());
  }

  /** The counts as a tracefile of lcov, which editors and services for coverage read. */
  lcov(): string {
    return lcovText(this.report());
  }

  #count({ instruction, registers }: Step): void {
    const counter = this.#counters.get(instruction);
    if (counter === undefined) return;
    counter.count += 1;
    if (instruction.kind === "jump-if" && jumps(instruction, registers)) counter.taken += 1;
  }
}

function jumps(
  { op, width, dst, src }: InstructionOf<"jump-if">,
  registers: BigUint64Array,
): boolean {
  const value = isRegister(src) ? registers[registerNumber(src)]! : BigInt.asUintN(64, BigInt(src));
  return compare(op, width, registers[registerNumber(dst)]!, value);
}

/** What tells an instruction from another of the same program; addresses of maps differ from load to load. */
function shapeOf({ kind, source }: Instruction): unknown {
  return [kind, source?.file, source?.line];
}

function functionsOf(
  functions: readonly { readonly name: string; readonly index: number }[],
  loaded: readonly Covered[],
): ReadonlyMap<number, string> {
  return new Map(functions.map(({ name, index }) => [loaded[index]?.slot ?? 0, name]));
}
