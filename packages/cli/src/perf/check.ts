/**
 * What `perf check` does: read a history and tell its trends.
 * @module
 */
import { existsSync } from "node:fs";
import { InvalidArgumentError } from "ts-ebpf";
import { type History, readHistory } from "ts-ebpf/testing";
import type { Context } from "../context.ts";
import type { TrendChoice } from "./command.ts";
import { reportTrends } from "./report.ts";

/**
 * Tells the trends of a history.
 * @throws {InvalidArgumentError} when there is none.
 */
export function checkHistory(options: TrendChoice, context: Context): void {
  reportTrends(readExisting(options.history), options, context);
}

/** The history at `path`. @throws {InvalidArgumentError} when there is no such file. */
export function readExisting(path: string): History {
  if (existsSync(path)) return readHistory(path);
  throw new InvalidArgumentError(`there is no history ${path}`, {
    hint: "measure first: ts-ebpf perf run FILE; or say where it is: --history FILE",
  });
}
