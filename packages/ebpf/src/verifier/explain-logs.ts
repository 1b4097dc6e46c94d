/**
 * What a text with logs of the verifier tells, in plain words and as data.
 *
 * It is the explanation that a failed load gives, for logs that come from somewhere else: another loader, another kernel,
 * another time. Nothing is asked of a kernel, and nothing is guessed: what no rule knows is said to be unknown.
 * @module
 */
import { type FoundLog, findLogs } from "./find-logs.ts";
import { bodyOf, headline, type Report, reportOf } from "./report.ts";

/** A log of the verifier, explained. */
export interface LogReport extends Report {
  /**
   * `explained`: the rejection is known; `unknown`: the log has a reason that is not; `no-reason`: the log has none, as the
   * program was accepted or the end is missing.
   */
  readonly outcome: "explained" | "unknown" | "no-reason";
  /** The kernel's lines, without empty ones and without what a loader printed round them. */
  readonly log: readonly string[];
}

/**
 * Explains each verifier's log in `text`: the bare log of Linux 5.x to 7.x, what libbpf, bpftool and other loaders print
 * with it, or a printed `VerifierError`. Never throws; a text without a log gives an empty list.
 */
export function explainLogs(text: string): readonly LogReport[] {
  return findLogs(text).map(reportOn);
}

function reportOn({ program, lines }: FoundLog): LogReport {
  const report = reportOf(lines, { program });
  return { ...report, outcome: outcomeOf(report), log: lines };
}

function outcomeOf({ explanation, rejection }: Report): LogReport["outcome"] {
  if (explanation !== undefined) return "explained";
  const silent = rejection.messages.length === 0 && rejection.diagnostic === undefined;
  return silent ? "no-reason" : "unknown";
}

/** At most so many lines of a log are shown where no rule knows the reason. */
const shownLines = 8;

/** The report as a `VerifierError` says it; where the rejection is not known, the lines of the log that tell most. */
export function formatLogReport(report: LogReport): string {
  const { outcome, log, program } = report;
  if (outcome === "explained") return [headline(report), ...bodyOf(report)].join("\n");
  const last = ["", "  last lines of the log:", ...log.slice(-shownLines).map((at) => `    ${at}`)];
  if (outcome === "unknown")
    return [headline(report), ...bodyOf(report), "", "  this rejection is not known", ...last].join(
      "\n",
    );
  const of = program === undefined ? "the log" : `the log of program "${program}"`;
  const why = "either the program was accepted, or the end of the log is missing";
  return [`${of} has no reason for a rejection: ${why}`, ...last].join("\n");
}
