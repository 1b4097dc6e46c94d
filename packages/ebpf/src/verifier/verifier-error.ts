/**
 * The error of a program that the verifier refused.
 *
 * Its message is for people: where, what, why, and what to do, with the line of source when it is known. Everything in
 * it can also be had as data, and the whole log is kept. Colour is for who prints it.
 * @module
 */
import { BpfError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import type { Explanation } from "./explain.ts";
import { logLines, type Rejection } from "./rejection.ts";
import { bodyOf, headline, type Report, reportOf } from "./report.ts";

/** The hint where no rule has one. */
const wholeLog = "error.log has the verifier's whole log";

/** A program was rejected. The log is always whole or its end. */
export class VerifierError extends BpfError {
  override readonly name = "VerifierError";
  readonly code = "VERIFIER_REJECTED";
  /** Behind accessors, so that who prints the error as an object gets its message and not the whole log. */
  readonly #report: Report;
  readonly #program: string;
  readonly #log: readonly string[];

  constructor(program: string, log: string, options: VerifierErrorOptions = {}) {
    const lines = logLines(log);
    const { instructions = [], lacking } = options;
    const known = reportOf(lines, { program, instructions, lacking });
    const report = { ...known, hint: known.hint ?? wholeLog };
    super([headline(report), ...bodyOf(report)].join("\n"), {
      hint: report.hint,
      cause: options.cause,
    });
    this.#program = program;
    this.#log = lines;
    this.#report = report;
  }

  /** Name of the program. */
  get program(): string {
    return this.#program;
  }

  /** Lines of the verifier's log, without empty ones. */
  get log(): readonly string[] {
    return this.#log;
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
  /** Why instructions cannot be run on this kernel, by their slots: it lacks what they ask for. */
  readonly lacking?: ReadonlyMap<number, string>;
}
