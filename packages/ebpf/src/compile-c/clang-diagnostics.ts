/**
 * What clang says, as our diagnostics: place, message, and the line of the source.
 *
 * clang writes a line for each thing it has to say; a note belongs to what was said before it, and becomes its hint. What
 * the BPF back end says has its place behind the word "error" and is brought into the same form. Nothing is left out: what
 * has no place gets the start of the file that was compiled.
 * @module
 */
import { codeFrame } from "../base/code-frame.ts";
import type { Diagnostic } from "../lang/compile-error.ts";

/** What clang had to say. */
export interface ClangDiagnostics {
  readonly errors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** What is known of a source. */
export interface ClangSource {
  /** The file that was compiled. */
  readonly file: string;
  /** Text of a file; `undefined` when it cannot be read. */
  readonly textOf: (file: string) => string | undefined;
}

/** The diagnostics in what clang wrote to its error stream, in its order; `source` gives the lines for frames. */
export function parseClangDiagnostics(output: string, source: ClangSource): ClangDiagnostics {
  const found: Found[] = [];
  for (const line of output.split("\n")) {
    const next = parseLine(line, source.file);
    const last = found.at(-1);
    if (next === undefined) continue;
    if (next.level !== "note") found.push(next);
    else if (last !== undefined) last.notes.push(noteText(next, source.file));
  }
  const linesOf = lineReader(source);
  const of = (level: Found["level"]): readonly Diagnostic[] =>
    found.filter((each) => each.level === level).map((each) => diagnosticOf(each, linesOf));
  return { errors: of("error"), warnings: of("warning") };
}

interface Found {
  readonly level: "error" | "warning" | "note";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly notes: string[];
}

/** `x.c:3:5: error: message`; files may have colons in their names, levels may not. */
const placed = /^(.+?):(\d+):(\d+): (fatal error|error|warning|note): (.*)$/;
/** `error: x.c:3:5: in function f i32 (ptr): message`, as back ends say it up to clang 18. */
const ofBackEnd = /^(?:fatal )?(error|warning): (.+?):(\d+):(\d+): (in function .*)$/;
/** `clang: error: message`, or without the name. */
const unplaced = /^(?:[\w.+/-]+: )?(fatal error|error|warning|note): (.*)$/;

function parseLine(line: string, file: string): Found | undefined {
  const back = ofBackEnd.exec(line);
  if (back !== null) {
    const [, level = "", where = "", row, column, message = ""] = back;
    const known = where !== "<unknown>";
    return found(level, { file: known ? where : file, row, column, message });
  }
  const place = placed.exec(line);
  if (place !== null) {
    const [, where = "", row, column, level = "", message = ""] = place;
    return found(level, { file: where, row, column, message });
  }
  const [, level, message = ""] = unplaced.exec(line) ?? [];
  return level === undefined ? undefined : found(level, { file, row: "1", column: "1", message });
}

function found(
  level: string,
  at: {
    readonly file: string;
    readonly row: string | undefined;
    readonly column: string | undefined;
    readonly message: string;
  },
): Found {
  return {
    level: level === "warning" || level === "note" ? level : "error",
    file: at.file,
    line: Math.max(Number(at.row), 1),
    column: Math.max(Number(at.column), 1),
    message: at.message,
    notes: [],
  };
}

function noteText({ file, line, message }: Found, compiled: string): string {
  return file === compiled && line === 1 ? message : `${message} (${file}:${line})`;
}

function diagnosticOf(
  { file, line, column, message, notes }: Found,
  linesOf: (file: string) => readonly string[],
): Diagnostic {
  const text = linesOf(file)[line - 1] ?? "";
  const hint = hintFor(message) ?? (notes.length === 0 ? undefined : notes.join("; "));
  return { file, line, column, message, hint, frame: codeFrame({ line, column, text }).join("\n") };
}

/** Headers that belong to a package, and what is known to be wrong when they are not found. */
function hintFor(message: string): string | undefined {
  const header = /^'([^']+)' file not found/.exec(message)?.[1];
  if (header === undefined) return undefined;
  if (header.startsWith("bpf/")) {
    return "install the headers of libbpf: libbpf-dev (Debian, Ubuntu, Alpine), libbpf-devel (Fedora); or give their folder";
  }
  if (header.startsWith("linux/") || header.startsWith("asm/")) {
    return "install the kernel's headers: linux-libc-dev (Debian, Ubuntu), kernel-headers (Fedora), linux-headers (Alpine)";
  }
  return `give the folder that has ${header}`;
}

function lineReader({ textOf }: ClangSource): (file: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    const lines = known.get(file) ?? textOf(file)?.split(/\r?\n/) ?? [];
    known.set(file, lines);
    return lines;
  };
}
