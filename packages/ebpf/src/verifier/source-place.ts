/**
 * The line of source that an instruction comes from.
 *
 * The verifier counts slots of 8 bytes, a program's list counts instructions, and wide loads make the difference. An
 * instruction without a source belongs to the last one before it that has one.
 * @module
 */
import { type Instruction, type SourceLine, slotCount } from "../isa/instruction.ts";
import { parseLine, type SourceComment } from "./log-line.ts";
import type { Rejection } from "./rejection.ts";

/** Source of the instruction at `slot`; `undefined` outside of the program, and where nothing before it has a source. */
export function sourceAt(
  instructions: readonly Instruction[],
  slot: number,
): SourceLine | undefined {
  let source: SourceLine | undefined;
  let start = 0;
  for (const instruction of instructions) {
    if (start > slot) return source;
    source = instruction.source ?? source;
    start += slotCount(instruction);
  }
  return start > slot ? source : undefined;
}

/** Source after the log itself, for programs whose instructions do not carry it. */
export function sourceInLog({ source, diagnostic }: Rejection): SourceLine | undefined {
  if (diagnostic?.place !== undefined) return diagnostic.place;
  return lineOfComment(source);
}

/** Source of the instruction at `slot`, where the lines of a log show it behind its comment. */
export function sourceInLogAt(
  log: readonly string[],
  slot: number | undefined,
): SourceLine | undefined {
  let comment: SourceComment | undefined;
  for (const line of slot === undefined ? [] : log) {
    const parsed = parseLine(line);
    if (parsed.kind === "source") comment = parsed;
    if (parsed.kind === "instruction" && parsed.slot === slot) return lineOfComment(comment);
  }
  return undefined;
}

function lineOfComment(comment: SourceComment | undefined): SourceLine | undefined {
  const { file, line, text } = comment ?? {};
  if (file === undefined || line === undefined || text === undefined) return undefined;
  return { file, line, column: 1, text };
}

/** Name of what stands at the source's column, when something is done with it: `v` in `v.value += 1n` and `v->value++`. */
export function variableAt({ text, column }: SourceLine): string | undefined {
  return /^([A-Za-z_$][\w$]{0,60})\s*(?:!?\??[.[]|->)/.exec(text.slice(column - 1))?.[1];
}
