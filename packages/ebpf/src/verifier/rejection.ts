/**
 * A rejection as data: from the text of the verifier's log to what was wrong, where, and what was known there.
 *
 * The log is walked once from its start. What a line adds is kept until a later line says that the verifier has gone
 * back to an earlier place, so that at the end only what led to the rejection is left. Any text can be parsed, also one
 * that begins or ends in the middle.
 * @module
 */
import { type Diagnostic, diagnosticStart, parseDiagnostic } from "./diagnostic.ts";
import { type LogLine, parseLine, type SourceComment } from "./log-line.ts";
import { Path } from "./path.ts";
import { oneOf } from "./one-of.ts";
import { parseRegisters, type Registers, type RegisterState } from "./registers.ts";

/** What a log tells about a rejection. */
export interface Rejection {
  /** The lines that tell what was wrong, the most particular one first; none in a log without a reason. */
  readonly messages: readonly string[];
  /** Slot (8 bytes each, wide loads count two) of the instruction that was refused, where the log says it. */
  readonly instruction: number | undefined;
  /** That instruction in the kernel's notation. */
  readonly instructionText: string | undefined;
  /** Slot of the instruction that acquired what was not released. */
  readonly origin: number | undefined;
  /** What was known of registers and stack slots in the current function before that instruction. */
  readonly registers: Registers;
  /** Slots of the instructions on the way, the refused one last. The log may begin in the middle. */
  readonly path: readonly number[];
  /** Source of the instruction after the kernel's reading of the program's line information. */
  readonly source: SourceComment | undefined;
  /** The report of kernels from 7.3 on. */
  readonly diagnostic: Diagnostic | undefined;
}

/** Lines of a log without what lies behind a zero byte, and without empty lines. */
export function logLines(log: string): readonly string[] {
  const end = log.indexOf("\0");
  const text = end === -1 ? log : log.slice(0, end);
  return text.split("\n").flatMap(separated);
}

/** Parses a log, given as {@link logLines}. Never throws. */
export function parseRejection(lines: readonly string[]): Rejection {
  const report = lines.findLastIndex((line) => line.startsWith(diagnosticStart));
  const walk = new Walk();
  for (const line of report === -1 ? lines : lines.slice(0, report)) walk.add(parseLine(line));
  const diagnostic = report === -1 ? undefined : parseDiagnostic(reportLines(lines, report));
  return walk.end(diagnostic);
}

/** Some lines of the kernel lack a newline: a state, a message or the statistics follow in the same line. */
function separated(line: string): readonly string[] {
  return line
    .split(missingNewline)
    .map((part) => part.trimEnd())
    .filter((part) => part !== "");
}

const missingNewline = oneOf(
  /(?=processed \d{1,12} insns \(limit)/,
  /(?<= )(?=infinite loop detected at insn)/,
  /(?<= )(?<!from \d{1,9} to )(?=\d{1,9}: (?:frame\d{1,2}: ?)?R\d)/,
);

function reportLines(lines: readonly string[], start: number): readonly string[] {
  const end = lines.findIndex(
    (line, index) => index > start && parseLine(line).kind === "statistics",
  );
  return lines.slice(start, end === -1 ? undefined : end);
}

/** At most so many lines are taken for the reason; a log without instructions may be all messages. */
const maxMessages = 4;

/** What is known of the verifier's walk after the lines so far. */
class Walk {
  readonly #path = new Path();
  /** Of each frame, the states since one that showed all registers. */
  readonly #states: string[][] = [];
  #frame = 0;
  #messages: string[] = [];
  #text: string | undefined;
  #source: SourceComment | undefined;
  /** State after the last instruction; it counts when another follows. */
  #after = "";
  /** The next state is that of another function, and whole. */
  #switching = false;

  add(line: LogLine): void {
    const handle = handlers[line.kind] as (walk: Walk, line: LogLine) => void;
    handle(this, line);
  }

  message(text: string): void {
    if (this.#messages.push(text) > maxMessages) this.#messages.shift();
  }

  source(comment: SourceComment): void {
    this.#source = comment;
  }

  start(): void {
    this.#path.clear();
    this.#states.length = 0;
    this.#frame = 0;
  }

  instruction(slot: number, text: string, state: string): void {
    this.#merge(this.#after);
    if (this.#text?.startsWith("call ") && !this.#text.startsWith("call pc"))
      this.#merge(clobbered);
    this.#messages = [];
    this.#path.add(slot);
    this.#text = text;
    this.#after = state;
  }

  state(frame: number, state: string): void {
    this.#merge(this.#after);
    this.#after = "";
    this.#frame = frame;
    if (this.#switching) this.#states[frame] = [];
    this.#switching = false;
    this.#merge(state);
  }

  switch(): void {
    this.#switching = true;
  }

  branch(from: number, frame: number, state: string): void {
    this.#path.returnTo(from);
    this.#after = "";
    this.#text = undefined;
    this.#frame = frame;
    if (state !== "") this.#states[frame] = [state];
  }

  end(diagnostic: Diagnostic | undefined): Rejection {
    const messages = this.#messages;
    const named = namedInstruction(messages);
    const instruction = named ?? this.#path.last ?? diagnostic?.instruction;
    const here = instruction !== undefined && instruction === this.#path.last;
    const told = diagnostic === undefined ? [] : [diagnostic.problem].filter((it) => it !== "");
    return {
      messages: messages.length === 0 ? told : messages,
      instruction,
      instructionText: here ? this.#text : undefined,
      origin: numberIn(messages, /\balloc_insn=(\d{1,9})/),
      registers: this.#registers(),
      path: this.#path.slots,
      source: here ? this.#source : undefined,
      diagnostic,
    };
  }

  #merge(state: string): void {
    if (state !== "") (this.#states[this.#frame] ??= []).push(state.replace(/^frame\d+: /, ""));
  }

  #registers(): Registers {
    const registers = new Map<string, RegisterState>();
    for (const state of this.#states[this.#frame] ?? []) {
      if (state === clobbered) for (const name of argumentRegisters) registers.delete(name);
      else for (const [name, value] of parseRegisters(state)) registers.set(name, value);
    }
    return registers;
  }
}

/** Stands among the states for a call, which leaves the argument registers without a value. */
const clobbered = "(call)";
const argumentRegisters = ["r1", "r2", "r3", "r4", "r5"] as const;

const handlers: {
  readonly [Kind in LogLine["kind"]]: (
    walk: Walk,
    line: Extract<LogLine, { readonly kind: Kind }>,
  ) => void;
} = {
  instruction: (walk, { slot, text, state }) => walk.instruction(slot, text, state),
  state: (walk, { frame, state }) => walk.state(frame, state),
  branch: (walk, { from, frame, state }) => walk.branch(from, frame, state),
  source: (walk, comment) => walk.source(comment),
  start: (walk) => walk.start(),
  switch: (walk) => walk.switch(),
  message: (walk, { text }) => walk.message(text),
  statistics: () => {},
  noise: () => {},
};

/** Messages about the shape of a program name the instruction themselves; the last one walked is another. */
function namedInstruction(messages: readonly string[]): number | undefined {
  return numberIn(messages, /(?:unreachable insn|detected at insn|from insn) (\d{1,9})/);
}

function numberIn(messages: readonly string[], pattern: RegExp): number | undefined {
  for (const message of messages) {
    const match = pattern.exec(message);
    if (match !== null) return Number(match[1]);
  }
  return undefined;
}
