/**
 * Results of the tests on each kernel, kept in a folder: `6.12.json`.
 *
 * A run of some files replaces what is known of those and leaves the rest, so the suite can be run in parts. What a
 * skipped test says is sorted into what this kernel is too old for, what it forbids, and what the machine lacks.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestResult } from "../test/results.ts";

/** What is known of one kernel. */
export interface KernelResults {
  readonly kernel: string;
  readonly results: readonly TestResult[];
}

/** What is kept of a kernel in `folder`; nothing when no test has run on it. */
export function loadResults(folder: string, kernel: string): KernelResults {
  const path = pathOf(folder, kernel);
  if (!existsSync(path)) return { kernel, results: [] };
  return JSON.parse(readFileSync(path, "utf8")) as KernelResults;
}

/** Keeps results of a kernel; those of the same files are replaced. */
export function storeResults(folder: string, { kernel, results }: KernelResults): void {
  const files = new Set(results.map(({ file }) => file));
  const kept = loadResults(folder, kernel).results.filter(({ file }) => !files.has(file));
  const all = [...kept, ...results].toSorted((left, right) => left.file.localeCompare(right.file));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    pathOf(folder, kernel),
    `${JSON.stringify({ kernel, results: all }, undefined, 1)}\n`,
  );
}

function pathOf(folder: string, kernel: string): string {
  return join(folder, `${kernel}.json`);
}

/** Why a test was skipped: the kernel does not have something, does not allow it, or something else is missing. */
export type SkipKind = "not in this kernel" | "refused" | "not on this machine";

/** How reasons speak of something that a kernel does not have. */
const lacking: readonly RegExp[] = [
  /does not support|Linux has it since|no active security module|this kernel has no /,
  /\b(EINVAL|EOPNOTSUPP|ENOTSUPP|ENOSYS|ESRCH)\b/,
  /\/sys\/bus\/event_source\//,
  /\b(before|since|kernel|Linux) \d/,
];

/** Sorts the reason of a skipped test. */
export function skipKind(reason: string): SkipKind {
  if (/EPERM|EACCES|not permitted|locked down|lockdown/.test(reason)) return "refused";
  return lacking.some((words) => words.test(reason)) ? "not in this kernel" : "not on this machine";
}

/** What a run told, in lines for people: how many tests ended how, and the reasons of those that were skipped. */
export function* summaryLines(results: readonly TestResult[]): Generator<string, void> {
  const count = (status: TestResult["status"]): number =>
    results.filter((result) => result.status === status).length;
  yield `passed ${count("pass")}, failed ${count("fail")}, skipped ${count("skip")}`;
  for (const { file, path, reason } of results.filter(({ status }) => status === "fail")) {
    yield `  failed: ${file}: ${path.join(" › ")}: ${reason}`;
  }
  const reasons = new Map<string, number>();
  for (const { status, reason = "" } of results) {
    if (status === "skip") reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, times] of reasons) yield `  skipped ${times}: ${skipKind(reason)}: ${reason}`;
}
