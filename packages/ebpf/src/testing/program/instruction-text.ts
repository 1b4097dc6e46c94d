/**
 * The instructions of a program as text that is the same wherever it is made, for snapshots.
 * @module
 */
import { helperSymbol } from "../../helper/helper-id.ts";
import { format } from "../../isa/format.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";

/**
 * Type and name of the program, then its instructions in the notation of `bpftool prog dump xlated`, each line of the
 * source before what it became. No paths and no line numbers, so that only a change of the program changes it.
 */
export function instructionText({ type, name, instructions }: ProgramSpec): string {
  return `${type} program "${name}"\n${format(instructions, { helperSymbol })}\n`;
}
