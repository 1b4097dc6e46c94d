/**
 * All that is said about a rejection, as data and as text.
 *
 * One place puts together what the log tells, what the rules know, and the line of source, so that the error of a load
 * and the explanation of a log that somebody brings say the same. Where the log comes from is for others.
 * @module
 */
import { codeFrame, placeName } from "../base/code-frame.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import { explain, type Explanation, type SourceLanguage } from "./explain.ts";
import { parseRejection, type Rejection } from "./rejection.ts";
import { sourceAt, sourceInLog, sourceInLogAt, variableAt } from "./source-place.ts";

/** What is known of a rejection. */
export interface Report {
  /** Name of the program, where it is known. */
  readonly program: string | undefined;
  /** The log as data: messages, instruction, registers, path. */
  readonly rejection: Rejection;
  /** What the kernel means and what to do; `undefined` for rejections that are not known. */
  readonly explanation: Explanation | undefined;
  /** Line of source of the refused instruction, where it is known. */
  readonly source: SourceLine | undefined;
  /** Line of source that acquired what the program does not release, where that is the reason. */
  readonly origin: SourceLine | undefined;
  /** The suggestion in the words of what the program was written in. */
  readonly hint: string | undefined;
}

/** What is known beside the log. */
export interface ReportOptions {
  readonly program?: string | undefined;
  /** The instructions that were loaded, for their sources. */
  readonly instructions?: readonly Instruction[];
  /** Why instructions cannot be run on this kernel, by their slots. */
  readonly lacking?: ReadonlyMap<number, string> | undefined;
}

/** The report on the rejection that `log` (lines without empty ones) tells of. */
export function reportOf(
  log: readonly string[],
  { program, instructions = [], lacking }: ReportOptions = {},
): Report {
  const rejection = parseRejection(log);
  const lineOf = (slot: number | undefined): SourceLine | undefined =>
    slot === undefined ? undefined : sourceAt(instructions, slot);
  const source = lineOf(rejection.instruction) ?? sourceInLog(rejection);
  const variable = source === undefined ? undefined : variableAt(source);
  const lacks = lacking?.get(rejection.instruction ?? -1);
  const explanation = explain(rejection, { variable, lacks });
  const origin = lineOf(rejection.origin) ?? sourceInLogAt(log, rejection.origin);
  return {
    program,
    rejection,
    explanation,
    source,
    origin,
    hint: explanation?.suggestion[languageOf(source, rejection)],
  };
}

/** By the name of the file; kernels before 6.9 show lines without it, which mostly are of C. */
function languageOf(source: SourceLine | undefined, rejection: Rejection): SourceLanguage {
  if (source === undefined) return rejection.source === undefined ? "assembler" : "c";
  return /\.[cm]?[jt]sx?$/.test(source.file) ? "typescript" : "c";
}

/** `counter.ts:9:3 - error: program "count" was rejected at instruction 8: R0 invalid mem access 'scalar'`. */
export function headline({ program, rejection, source }: Report): string {
  const reason = rejection.messages.join("; ") || "the kernel gave no reason";
  const { instruction } = rejection;
  const at = instruction === undefined ? "" : ` at instruction ${instruction}`;
  const place = source === undefined ? "" : `${placeName(source)} - error: `;
  const what = program === undefined ? "a program" : `program "${program}"`;
  return `${place}${what} was rejected${at}: ${reason}`;
}

/** What follows the headline: frames, cause, hint. */
export function bodyOf({ rejection, ...report }: Report): readonly string[] {
  const { source, origin, explanation, hint } = report;
  // Kernels before 6.9 tell the text of a line, but not its file and number.
  const comment = rejection.source === undefined ? [] : [`  source: ${rejection.source.text}`];
  const frame = source === undefined ? comment : ["", ...codeFrame(source)];
  const acquired =
    origin === undefined
      ? []
      : ["", `  acquired at ${placeName(origin)}`, "", ...codeFrame(origin)];
  const cause = explanation === undefined ? [] : [`  cause: ${explanation.cause}`];
  const words = hint === undefined ? cause : [...cause, `  hint: ${hint}`];
  const frames = [...frame, ...acquired];
  return [...frames, ...(source === undefined || words.length === 0 ? [] : [""]), ...words];
}
