/**
 * Histories of measurements: files of JSON, a line for each measurement.
 *
 * A line is appended with one write at the end of the file, which the operating system keeps whole among several writers.
 * What a crash or a full disk left of a line is closed off by the next writer, skipped by readers, and told.
 * @module
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { InvalidArgumentError } from "../../base/errors.ts";

/** A measurement of one benchmark. */
export interface Measurement {
  readonly kind: "measurement";
  /** When, as ISO 8601 in UTC. */
  readonly time: string;
  readonly benchmark: string;
  readonly metric: Metric;
  /** What was measured: nanoseconds of one run, or instructions of one run. */
  readonly value: number;
  /** The batches' quartiles; equal to the value where nothing varies. */
  readonly low: number;
  readonly high: number;
  /** What a program that never changes took at the same time, in nanoseconds. */
  readonly reference?: number;
  /** What it was measured on: only what was measured on the same machine is compared. */
  readonly machine: string;
  /** Version of the kernel, for people. */
  readonly release: string;
  /** What whoever measured says of it: a commit, a branch. */
  readonly label?: string;
}

/** Nanoseconds in the running kernel, or instructions in the simulated one. */
export type Metric = "nanoseconds" | "instructions";

/** Says that the level since `from` is what shall be from now on. */
export interface Acceptance {
  readonly kind: "acceptance";
  readonly time: string;
  readonly benchmark: string;
  readonly metric: Metric;
  readonly machine: string;
  /** Time of the first measurement that counts. */
  readonly from: string;
}

/** A line of a history. */
export type HistoryEntry = Measurement | Acceptance;

/** What is in a history. */
export interface History {
  /** In the order of the file. */
  readonly entries: readonly HistoryEntry[];
  /** Lines that are none, as what is left after a crash. */
  readonly damaged: number;
}

const newline = 10;

/**
 * Appends entries to the history at `path`, which is made when it is not there.
 * @throws {InvalidArgumentError} when the file cannot be written, or not whole: what was written then counts as damaged.
 */
export function appendHistory(path: string, entries: readonly HistoryEntry[]): void {
  if (entries.length === 0) return;
  const file = atPath(path, () => openSync(path, "a+"));
  try {
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    const text = new TextEncoder().encode(endsInLine(file) ? lines : `\n${lines}`);
    const written = writeSync(file, text);
    if (written === text.length) return;
    throw new InvalidArgumentError(`only ${written} of ${text.length} bytes fit into ${path}`, {
      hint: "is the disk full?",
    });
  } finally {
    closeSync(file);
  }
}

/** Whether the last line is whole. */
function endsInLine(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return true;
  const last = new Uint8Array(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === newline;
}

/** What `work` gives; its failure as one of ours. */
function atPath<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    throw new InvalidArgumentError(`cannot use ${path} as a history: ${cause.message}`, { cause });
  }
}

/**
 * Reads the history at `path`; an empty one when there is no such file.
 * @throws {InvalidArgumentError} when it cannot be read.
 */
export function readHistory(path: string): History {
  const lines = readText(path).split("\n");
  const entries: HistoryEntry[] = [];
  let damaged = 0;
  for (const line of lines) {
    if (line.trim() === "") continue;
    const entry = entryOf(line);
    if (entry === undefined) damaged += 1;
    else entries.push(entry);
  }
  return { entries, damaged };
}

function readText(path: string): string {
  return existsSync(path) ? atPath(path, () => readFileSync(path, "utf8")) : "";
}

function entryOf(line: string): HistoryEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const texts = ["time", "benchmark", "metric", "machine"] as const;

function isEntry(value: unknown): value is HistoryEntry {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as Readonly<Record<string, unknown>>;
  if (texts.some((name) => typeof entry[name] !== "string")) return false;
  if (entry["kind"] === "acceptance") return typeof entry["from"] === "string";
  const { reference = 1 } = entry as { readonly reference?: unknown };
  const numbers = [entry["value"], entry["low"], entry["high"], reference];
  return entry["kind"] === "measurement" && numbers.every(isPositive);
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
