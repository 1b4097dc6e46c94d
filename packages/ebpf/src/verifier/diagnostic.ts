/**
 * The report that kernels from 7.3 on print behind the message: what failed, why, where, and what to do.
 *
 * It starts with `Verification failed: CATEGORY: PROBLEM` and has sections, each a title at the start of a line and
 * text set in by two spaces; the shape is that of kernel/bpf/diagnostics.c. Sections with unknown titles are kept, so
 * that a later kernel's report is still read.
 * @module
 */

/** A kernel's report on a rejection. */
export interface Diagnostic {
  /** `"Memory Safety"`, `"Register Type Safety"`, `"Program Structure"`… */
  readonly category: string;
  /** `"Invalid dereference"`; empty when the kernel gives none. */
  readonly problem: string;
  /** Why, in a sentence; empty when the kernel gives none. */
  readonly reason: string;
  /** What the kernel suggests; empty when it gives nothing. */
  readonly suggestion: string;
  /** Slot of the instruction, where the report shows it. */
  readonly instruction: number | undefined;
  /** Place in the source, where the program has line information. */
  readonly place: DiagnosticPlace | undefined;
  /** All sections by their titles, as lines. */
  readonly sections: ReadonlyMap<string, readonly string[]>;
}

/** A place that a report names. */
export interface DiagnosticPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Text of the line; empty when the report does not show it. */
  readonly text: string;
}

/** What the first line of a report starts with. */
export const diagnosticStart = "Verification failed: ";

/** The report in `lines`, of which the first starts with {@link diagnosticStart}; empty lines may be missing. */
export function parseDiagnostic(lines: readonly string[]): Diagnostic {
  const [category = "", ...problem] = (lines[0] ?? "").slice(diagnosticStart.length).split(": ");
  const sections = sectionsOf(lines.slice(1));
  const at = sections.get("At") ?? [];
  return {
    category,
    problem: problem.join(": "),
    reason: paragraph(sections.get("Reason")),
    suggestion: paragraph(sections.get("Suggestion")),
    instruction: instructionOf(at),
    place: placeOf(at),
    sections,
  };
}

function sectionsOf(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of lines) {
    const title = /^([A-Z][\w ]{0,40}):$/.exec(line)?.[1];
    if (title !== undefined) sections.set(title, (current = []));
    else current?.push(line);
  }
  return sections;
}

/** Lines that the kernel has wrapped, as one. */
function paragraph(lines: readonly string[] = []): string {
  return lines
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

/** `insn 7`, or the line marked with `>>>` under "Instruction context:". */
function instructionOf(at: readonly string[]): number | undefined {
  const context = at.findIndex((line) => line.trim() === "Instruction context:");
  const marked = at.find((line, index) => index > context && /^ *>>> *\d+ \|/.test(line));
  const match =
    (context === -1 ? null : /\d+/.exec(marked ?? "")) ?? /^ *insn (\d+)$/.exec(at[0] ?? "");
  return match === null ? undefined : Number(match[1] ?? match[0]);
}

/** `main @ counter.ts:9:3` or `counter.ts:9:3`, with the line marked under "Source context:". */
function placeOf(at: readonly string[]): DiagnosticPlace | undefined {
  const match = /^ *(?:\S+ @ )?(.{1,4096}):(\d{1,9}):(\d{1,9})$/.exec(at[0] ?? "");
  if (match === null) return undefined;
  const [, file = "", line, column] = match;
  const source = at.find((row) => row.trimStart().startsWith(`>>> ${line} | `)) ?? "";
  const text = source.slice(source.indexOf("| ") + 2);
  return { file, line: Number(line), column: Number(column), text: source === "" ? "" : text };
}
