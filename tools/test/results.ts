/**
 * What became of each test, as a file of JSON lines: for whoever compares kernels.
 *
 * `EBPF_TEST_RESULTS` names the file. Lines are only ever added, so that a test that starts its file anew, in a namespace
 * of its own, adds to the same one.
 * @module
 */
import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { root } from "./node.ts";

/** How one test ended, or a suite that was skipped as a whole. */
export interface TestResult {
  /** Path of its file from the root of the repository. */
  readonly file: string;
  /** Names of the suites it is in, from the outermost one, and its own. */
  readonly path: readonly string[];
  readonly status: "pass" | "fail" | "skip";
  /** Why it was skipped, or what failed. */
  readonly reason?: string;
}

/** Follows the events of one run, which come in order, and tells the results among them. */
export class ResultCollector {
  readonly #names: string[] = [];

  /** The result that an event tells, if it tells one. */
  resultOf(event: TestEvent): TestResult | undefined {
    if (event.type === "test:start") this.#names[event.data.nesting] = event.data.name;
    if (event.type !== "test:pass" && event.type !== "test:fail") return undefined;
    const { data, type } = event;
    const { skip, nesting, name, file } = data;
    const isSkipped = skip !== undefined && skip !== false;
    // What is in a suite tells for itself.
    if (data.details.type === "suite" && !isSkipped) return undefined;
    const path = [...this.#names.slice(0, nesting), name];
    const from = { file: relative(root, file ?? name), path };
    if (isSkipped) return { ...from, status: "skip", reason: skip === true ? "" : skip };
    if (type === "test:pass") return { ...from, status: "pass" };
    return { ...from, status: "fail", reason: firstLine(data.details.error) };
  }
}

function firstLine(error: unknown): string {
  const cause = (error as { readonly cause?: unknown } | undefined)?.cause ?? error;
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split("\n", 1)[0]!;
}

/** Adds a result to a file. */
export function appendResult(path: string, result: TestResult): void {
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}

/** The results in the text of such a file. A last line that was cut off is left out. */
export function parseResults(text: string): readonly TestResult[] {
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TestResult);
}
