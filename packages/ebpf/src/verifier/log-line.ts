/**
 * One line of the verifier's log, told apart by what it says.
 *
 * The kernel prints for people and promises no format, so that a line is what its beginning looks like, and whatever
 * looks like nothing known is a message: a rejection's reason is always among the messages. What the lines together
 * mean is for others. Formats: kernel/bpf/log.c and verifier.c of Linux 5.10 to 6.18.
 * @module
 */

/**
 * A line of the log. `start` is where a global function is verified by itself, `switch` where a call or return changes
 * the function; the state that follows shows all its registers.
 */
export type LogLine =
  | InstructionLine
  | StateLine
  | BranchLine
  | SourceComment
  | { readonly kind: "statistics" }
  | { readonly kind: "start" }
  | { readonly kind: "switch" }
  | { readonly kind: "noise" }
  | { readonly kind: "message"; readonly text: string };

/** `8: (79) r1 = *(u64 *)(r0 +0)   ; R1=scalar()`: the verifier came to an instruction. */
export interface InstructionLine {
  readonly kind: "instruction";
  readonly slot: number;
  readonly text: string;
  /** State after the instruction of the registers it changed; empty when the line does not show it. */
  readonly state: string;
}

/** `0: R1=ctx() R10=fp0` or ` frame1: R1=…`: registers at a place. */
export interface StateLine {
  readonly kind: "state";
  /** Depth of the function's call; 0 for the program itself. */
  readonly frame: number;
  readonly state: string;
}

/** `from 5 to 8: R0=…`: the verifier goes on with a branch it had put aside. */
export interface BranchLine {
  readonly kind: "branch";
  readonly from: number;
  readonly to: number;
  readonly frame: number;
  readonly state: string;
}

/** `; v.value += 1n; @ counter.ts:9`: the source of what follows, from the program's line information. */
export interface SourceComment {
  readonly kind: "source";
  readonly text: string;
  /** Since Linux 6.9. */
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** What `line` says; nothing is lost, as what is not recognised is a message. */
export function parseLine(line: string): LogLine {
  const first = line.charCodeAt(0);
  if (isDigit(first)) return numberedLine(line);
  if (first === semicolon) return sourceComment(line);
  if (isNoise(line)) return { kind: "noise" };
  if (line.startsWith("from ")) return branchLine(line) ?? message(line);
  if (line.startsWith("Validating ")) return { kind: "start" };
  if (line.startsWith("callee:") || line.startsWith("to caller at ")) return { kind: "switch" };
  if (isStatistics(line)) return { kind: "statistics" };
  return stateLine(line) ?? message(line);
}

const semicolon = 0x3b;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function message(line: string): LogLine {
  return { kind: "message", text: line.trim() };
}

/** `8: (79) …`, `8: R1=…`, `8: safe`; or a message that starts with a number. */
function numberedLine(line: string): LogLine {
  const match = /^(\d{1,9}): (?:\([0-9a-f]{2}\) )?/.exec(line);
  if (match === null) return message(line);
  const rest = line.slice(match[0].length);
  if (!match[0].endsWith(") ")) {
    return rest.startsWith("safe") ? { kind: "noise" } : (stateLine(rest) ?? message(line));
  }
  const [text, state] = cut(rest, ";");
  return { kind: "instruction", slot: Number(match[1]), text: text.trim(), state: state.trim() };
}

/** A line of registers, ` frame1: R1=ctx() R10=fp0`, from its first register on. */
function stateLine(line: string): StateLine | undefined {
  const match = /^ ?(?:frame(\d{1,2}): ?)?(?=R\d+(?:_\w{1,3})?=|fp-\d+(?:_\w{1,3})?=|$)/.exec(line);
  if (match === null || match[0].length === line.length) return undefined;
  return { kind: "state", frame: Number(match[1] ?? 0), state: line.slice(match[0].length) };
}

function branchLine(line: string): BranchLine | { readonly kind: "noise" } | undefined {
  const match = /^from (\d{1,9}) to (\d{1,9})(?: \([\w ]{1,30}\))?: ?/.exec(line);
  if (match === null) return undefined;
  const rest = line.slice(match[0].length);
  if (rest.startsWith("safe")) return { kind: "noise" };
  const { frame = 0, state = "" } = stateLine(rest) ?? {};
  return { kind: "branch", from: Number(match[1]), to: Number(match[2]), frame, state };
}

function sourceComment(line: string): LogLine {
  const text = line.slice(1).trim();
  const place = / @ ([^@]{1,4096}):(\d{1,9})$/.exec(text);
  if (place === null) return { kind: "source", text, file: undefined, line: undefined };
  return {
    kind: "source",
    text: text.slice(0, place.index),
    file: place[1],
    line: Number(place[2]),
  };
}

/** `processed 12 insns (limit 1000000) …`, `verification time 53 usec`, `stack depth 0`. */
function isStatistics(line: string): boolean {
  return /^(?:processed \d+ insns|verification time |stack depth |insns processed|max_states)/.test(
    line,
  );
}

/** What is printed on the way and says nothing about a rejection. */
function isNoise(line: string): boolean {
  return noise.some((start) => line.startsWith(start)) || line.includes("reference type('UNKNOWN");
}

const noise: readonly string[] = [
  "caller:",
  "returning from callee:",
  "cur state:",
  "old state:",
  "mark_precise: ",
  "regs=",
  "last_idx ",
  "parent ",
  "propagating ",
  "Live regs before insn:",
  "func#",
  "Func#",
];

/** The parts of `text` before and behind the first `mark`; all is before when there is none. */
function cut(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}
