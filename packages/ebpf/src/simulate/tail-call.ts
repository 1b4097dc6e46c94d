/**
 * How a tail call leaves the program that makes it, in JavaScript.
 * @module
 */
import { BpfError } from "../base/errors.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";

/** Thrown where a program goes on with another one; the simulation's `run` catches it and calls that. */
export class TailCall extends BpfError {
  override readonly name = "TailCall";
  readonly code = "TAIL_CALL";
  readonly program: SourceProgramSpec;
  readonly context: unknown;

  constructor(program: SourceProgramSpec, context: unknown) {
    super(`the program went on with "${program.name}"`, {
      hint: "call programs that make tail calls with run() of the simulation",
    });
    this.program = program;
    this.context = context;
  }
}
