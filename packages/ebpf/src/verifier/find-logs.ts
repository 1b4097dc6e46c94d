/**
 * The verifier's logs in any text: what a loader printed, a file of a journal, a report of a bug.
 *
 * Loaders put marks round a log and something before its lines; the kernel ends it with statistics. All of these are
 * recognised and taken away, so that what is left reads as if it came from the kernel. What the log says is for others.
 * Marks: libbpf's since 0.7 (`BEGIN PROG LOAD LOG`) and before (`BEGIN DUMP LOG`), and those of {@link VerifierError}.
 * @module
 */
import { oneOf } from "./one-of.ts";
import { diagnosticStart } from "./diagnostic.ts";
import { parseLine } from "./log-line.ts";
import { logLines } from "./rejection.ts";

/** A log in a text. */
export interface FoundLog {
  /** Name of the program, where the text around the log tells it. */
  readonly program: string | undefined;
  /** The kernel's lines, without empty ones. */
  readonly lines: readonly string[];
}

/**
 * The logs in `text`, in its order. Where nothing has the shape of a log, lines that name a register or an instruction as the
 * verifier does are one; a text without any has none.
 */
export function findLogs(text: string): readonly FoundLog[] {
  const finder = new Finder();
  const plain = withoutPrefix(text.replaceAll(decoration, "").split("\n"));
  for (const line of logLines(plain.join("\n"))) finder.add(line);
  return finder.end();
}

/** Colours, carriage returns, and the stamps of dmesg(1) and journalctl(1). */
const decoration = new RegExp(
  oneOf(
    // oxlint-disable-next-line no-control-regex -- the escape character starts a colour
    /\x1b\[[\d;]{0,20}m/,
    /\r/,
    /^\[ {0,9}\d{1,9}\.\d{1,9}\] /,
    /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,99} \S{1,99}\[\d{1,9}\]: /,
  ).source,
  "gm",
);

/** Without what most of the instructions have before them: an indentation, `app-1  | `. */
function withoutPrefix(lines: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const prefix = /^(.{0,99}?)(?<!\d)\d{1,9}: \([0-9a-f]{2}\) /.exec(line)?.[1];
    // "regs=1 stack=0 before 5: (b7) r0 = 1" is the verifier looking back.
    if (prefix === undefined || prefix.includes("regs=")) continue;
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  const [[prefix] = [""]] = [...counts].toSorted(([, one], [, other]) => other - one);
  if (prefix === "") return lines;
  return lines.map((line) => (line.startsWith(prefix) ? line.slice(prefix.length) : line));
}

const begin = oneOf(/-- BEGIN (?:PROG LOAD|DUMP) LOG --/, /^ *verifier log:$/);
const end = oneOf(/-- END (?:PROG LOAD )?LOG --/, /^ *caused by: /);
const programName = oneOf(
  /^libbpf: prog '(?<libbpf>[^']{1,200})': (?:BPF program load failed|-- BEGIN)/,
  /program "(?<own>[^"]{1,200})" was rejected/,
);
/** What loaders say beside the log. */
const beside = oneOf(/^libbpf:/, /^Error: /, /^ *… \(\d{1,9} lines? before, see error\.log\)$/);

/** Collects lines until a mark or the statistics end a log. */
class Finder {
  readonly #logs: FoundLog[] = [];
  #lines: string[] = [];
  #program: string | undefined;

  add(line: string): void {
    this.#readName(line);
    if (begin.test(line)) this.#lines = [];
    else if (end.test(line)) this.#endAt(line);
    else if (!beside.test(line)) this.#lines.push(line);
    if (/^processed \d{1,12} insns/.test(line)) this.#finish();
  }

  end(): readonly FoundLog[] {
    this.#finish();
    return this.#logs;
  }

  #readName(line: string): void {
    const { libbpf, own } = programName.exec(line)?.groups ?? {};
    this.#program = libbpf ?? own ?? this.#program;
  }

  /** A log without a last newline has the mark in its last line. */
  #endAt(line: string): void {
    const last = line.slice(0, end.exec(line)!.index).trimEnd();
    if (last !== "" && !beside.test(last)) this.#lines.push(last);
    this.#finish();
  }

  #finish(): void {
    const lines = this.#lines;
    this.#lines = [];
    const log = lines.some(hasShape)
      ? lines.slice(firstOfLog(lines))
      : lines.filter((line) => telling.test(line));
    if (log.length === 0) return;
    this.#logs.push({ program: this.#program, lines: log });
    this.#program = undefined;
  }
}

const shapes: ReadonlySet<string> = new Set(["instruction", "state", "branch", "statistics"]);

function hasShape(line: string): boolean {
  return line.startsWith(diagnosticStart) || shapes.has(parseLine(line).kind);
}

/** Messages before the first step are not about it, but a log without steps may be all messages. */
function firstOfLog(lines: readonly string[]): number {
  const kinds = lines.map((line) => parseLine(line).kind);
  if (!kinds.includes("instruction") && !kinds.includes("state")) return 0;
  return kinds.findIndex((kind) => kind !== "message");
}

/** Names a register, an instruction or a helper with its number. */
const telling = /\bR\d{1,2}\b|\binsn\b|\bBPF_EXIT\b|\bfunc \w{1,99}#\d/;
