/**
 * The error of a program that the verifier refused.
 *
 * Its message is for people: where, what, why, and what to do, with the line of source when it is known. Everything in
 * it can also be had as data, and the whole log is kept. Colour is for who prints it.
 * @module
 */
import { codeFrame, placeName } from "../base/code-frame.ts";
import { BpfError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import { explain, type Explanation } from "./explain.ts";
import { logLines, parseRejection, type Rejection } from "./rejection.ts";
import { sourceAt, sourceInLog, variableAt } from "./source-place.ts";

/** A program was rejected. The log is always whole or its end. */
export class VerifierError extends BpfError {
  override readonly name = "VerifierError";
  readonly code = "VERIFIER_REJECTED";
  /** Behind accessors, so that who prints the error as an object gets its message and not the whole log. */
  readonly #report: Report;

  constructor(program: string, log: string, options: VerifierErrorOptions = {}) {
    const report = reportOf(program, log, options.instructions ?? []);
    super(messageOf(report), { hint: report.hint, cause: options.cause });
    this.#report = report;
  }

  /** Name of the program. */
  get program(): string {
    return this.#report.program;
  }

  /** Lines of the verifier's log, without empty ones. */
  get log(): readonly string[] {
    return this.#report.log;
  }

  /** The log as data. */
  get rejection(): Rejection {
    return this.#report.rejection;
  }

  /** What the kernel means and what to do; `undefined` for rejections that are not known. */
  get explanation(): Explanation | undefined {
    return this.#report.explanation;
  }

  /** Line of source of the refused instruction, where it is known. */
  get source(): SourceLine | undefined {
    return this.#report.source;
  }

  /** Line of source that acquired what the program does not release, where that is the reason. */
  get origin(): SourceLine | undefined {
    return this.#report.origin;
  }

  /** Index of the instruction the verifier stopped at, counted in slots of 8 bytes, where the log says it. */
  get instruction(): number | undefined {
    return this.rejection.instruction;
  }

  /** The instruction as text, where it is known. */
  get instructionText(): string | undefined {
    return this.rejection.instructionText;
  }

  /** What happened, the source, why, what to do, and the end of the log. */
  override format(): string {
    const reason = this.cause instanceof Error ? [`  caused by: ${this.cause.message}`] : [];
    const head = `${this.name} [${this.code}]: ${headline(this.#report)}`;
    return [head, ...bodyOf(this.#report), ...this.#logEnd(), ...reason].join("\n");
  }

  #logEnd(): readonly string[] {
    const shown = this.log.slice(-20);
    const omitted = this.log.length - shown.length;
    const note = omitted === 0 ? [] : [`    … (${plural(omitted, "line")} before, see error.log)`];
    return ["  verifier log:", ...note, ...shown.map((line) => `    ${line}`)];
  }
}

/** Options of {@link VerifierError}. */
export interface VerifierErrorOptions {
  readonly cause?: unknown;
  /** The instructions that were loaded, for their sources. */
  readonly instructions?: readonly Instruction[];
}

/** All that the message is made of. */
interface Report {
  readonly program: string;
  readonly log: readonly string[];
  readonly rejection: Rejection;
  readonly explanation: Explanation | undefined;
  readonly source: SourceLine | undefined;
  readonly origin: SourceLine | undefined;
  readonly hint: string;
}

function reportOf(program: string, text: string, instructions: readonly Instruction[]): Report {
  const log = logLines(text);
  const rejection = parseRejection(log);
  const lineOf = (slot: number | undefined): SourceLine | undefined =>
    slot === undefined ? undefined : sourceAt(instructions, slot);
  const source = lineOf(rejection.instruction) ?? sourceInLog(rejection);
  const variable = source === undefined ? undefined : variableAt(source);
  const explanation = explain(rejection, { variable });
  const hint = hintOf(explanation, source);
  return { program, log, rejection, explanation, source, origin: lineOf(rejection.origin), hint };
}

/** In the words of what the program was written in. */
function hintOf(explanation: Explanation | undefined, source: SourceLine | undefined): string {
  if (explanation === undefined) return "error.log has the verifier's whole log";
  const { typescript, assembler } = explanation.suggestion;
  return isTypeScript(source) ? typescript : assembler;
}

function isTypeScript(source: SourceLine | undefined): boolean {
  return source !== undefined && /\.[cm]?[jt]sx?$/.test(source.file);
}

function messageOf(report: Report): string {
  return [headline(report), ...bodyOf(report)].join("\n");
}

/** `counter.ts:9:3 - error: program "count" was rejected at instruction 8: R0 invalid mem access 'scalar'`. */
function headline({ program, rejection, source }: Report): string {
  const reason = rejection.messages.join("; ") || "the kernel gave no reason";
  const { instruction } = rejection;
  const at = instruction === undefined ? "" : ` at instruction ${instruction}`;
  const place = source === undefined ? "" : `${placeName(source)} - error: `;
  return `${place}program "${program}" was rejected${at}: ${reason}`;
}

/** What follows the headline: frames, cause, hint. */
function bodyOf({ source, origin, explanation, hint }: Report): readonly string[] {
  const frame = source === undefined ? [] : ["", ...codeFrame(source)];
  const acquired =
    origin === undefined
      ? []
      : ["", `  acquired at ${placeName(origin)}`, "", ...codeFrame(origin)];
  const cause = explanation === undefined ? [] : [`  cause: ${explanation.cause}`];
  const words = [...cause, `  hint: ${hint}`];
  return [...frame, ...acquired, ...(source === undefined ? [] : [""]), ...words];
}
