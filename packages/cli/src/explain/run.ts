/**
 * What `explain` does: read a text, and tell what the logs in it mean.
 * @module
 */
import { text } from "node:stream/consumers";
import { InvalidArgumentError } from "ts-ebpf";
import { explainLogs, formatLogReport, type LogReport } from "ts-ebpf/verifier";
import type { Context } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { readFile } from "../file/read-file.ts";
import { paintFor } from "../terminal/colour.ts";
import { printableLines } from "../terminal/printable.ts";
import type { ExplainOptions } from "./command.ts";

/**
 * The text of the file at `path`, or of standard input when it is left out or `-`.
 * @throws {InvalidArgumentError} when there is no such file.
 */
export async function readText(path = "-"): Promise<string> {
  if (path === "-") return text(process.stdin);
  return readFile(path, "give a file with a log of the verifier, or pipe the log in").toString();
}

/**
 * Explains the logs in `input`; the exit code tells when one cannot be.
 * @throws {InvalidArgumentError} when there is none.
 */
export function explainText(input: string, { json }: ExplainOptions, context: Context): void {
  const reports = explainLogs(input);
  if (reports.length === 0) {
    throw new InvalidArgumentError("the text has no log of the verifier", {
      hint: "give what the loader printed when it failed; libbpf prints the log with log level 1",
    });
  }
  if (reports.some(({ outcome }) => outcome !== "explained")) context.exitCode = ExitCode.failed;
  const paint = paintFor(context.stdout, "red");
  const result =
    json === true
      ? JSON.stringify({ logs: reports.map(jsonOf) })
      : reports.map((report) => textOf(report, paint)).join("\n\n");
  context.stdout.write(`${result}\n`);
}

function textOf(report: LogReport, paint: (text: string) => string): string {
  // A log is any bytes.
  const [first = "", ...more] = printableLines(formatLogReport(report));
  return [paint(first), ...more].join("\n");
}

function jsonOf({ rejection, hint, log, ...rest }: LogReport): object {
  const { registers, diagnostic, source: comment, ...told } = rejection;
  const held = Object.fromEntries([...registers].map(([name, { type }]) => [name, type]));
  const { sections: _, ...report } = diagnostic ?? {};
  const kernel = diagnostic === undefined ? {} : { report };
  // Kernels before 6.9 tell the text of a line, but not its file and number.
  return { ...rest, ...told, ...kernel, sourceText: comment?.text, hint, registers: held, log };
}
