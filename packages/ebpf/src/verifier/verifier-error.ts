/**
 * The error of a program that the verifier refused.
 * @module
 */
import { BpfError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import { faultyInstruction, logLines, tellingLine } from "./log.ts";

/** A program was rejected. The message is the telling line of the log; the log is always whole or its end. */
export class VerifierError extends BpfError {
  override readonly name = "VerifierError";
  readonly code = "VERIFIER_REJECTED";
  /** Name of the program. */
  readonly program: string;
  readonly log: readonly string[];
  /** Index of the instruction the verifier stopped at, counted in slots of 8 bytes, where the log says it. */
  readonly instruction: number | undefined;
  /** The instruction as text, where it is known. */
  readonly instructionText: string | undefined;

  constructor(program: string, log: string, options: VerifierErrorOptions = {}) {
    const lines = logLines(log);
    const instruction = faultyInstruction(lines);
    super(summary(program, lines, instruction), { hint: hintFor(lines), ...options });
    this.program = program;
    this.log = lines;
    this.instruction = instruction;
    this.instructionText = instruction === undefined ? undefined : lineOf(lines, instruction);
  }

  protected override details(): readonly string[] {
    const shown = this.log.slice(-20);
    const omitted = this.log.length - shown.length;
    const note = omitted === 0 ? [] : [`    … (${plural(omitted, "line")} before, see error.log)`];
    return ["  verifier log:", ...note, ...shown.map((line) => `    ${line}`)];
  }
}

/** Options of {@link VerifierError}. */
export interface VerifierErrorOptions {
  readonly cause?: unknown;
}

function summary(
  program: string,
  lines: readonly string[],
  instruction: number | undefined,
): string {
  const reason = tellingLine(lines) ?? "the kernel gave no reason";
  const place = instruction === undefined ? "" : ` at instruction ${instruction}`;
  return `program "${program}" was rejected${place}: ${reason}`;
}

function lineOf(lines: readonly string[], instruction: number): string | undefined {
  const prefix = `${instruction}: (`;
  return lines.findLast((line) => line.startsWith(prefix))?.replace(/^\d+: \([0-9a-f]{2}\) /, "");
}

/** Advice for the rejections that people meet first. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /map_value_or_null|ringbuf_mem_or_null|mem_or_null/,
    "compare the result of the helper with 0 before using it",
  ],
  [
    /!read_ok/,
    "give the register a value on every path before reading it; helper calls clobber r1 to r5",
  ],
  [/invalid access to packet/, "compare the end of what you read with the end of the packet first"],
  [
    /Unreleased reference/,
    "submit or discard what was reserved, and release what was acquired, on every path",
  ],
  [/GPL-compatible|gpl/i, 'the helper is for programs under the GPL: set license: "GPL"'],
  [
    /unknown func|program of this type cannot use helper/,
    "this kernel or type of program does not have the helper",
  ],
  [
    /invalid (indirect )?(read|access) (from|to) stack/,
    "initialise the stack bytes first, within 512 bytes below r10",
  ],
  [/back-edge|infinite loop/, "give the loop a bound that the verifier can see"],
  [
    /R0 .*(has|should have been|not in)/,
    "return one of the values this type of program may return",
  ],
];

function hintFor(lines: readonly string[]): string {
  const telling = tellingLine(lines) ?? "";
  const known = advice.find(([pattern]) => pattern.test(telling));
  return known?.[1] ?? "error.log has the verifier's whole log";
}
