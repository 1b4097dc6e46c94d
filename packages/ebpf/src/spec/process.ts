/**
 * Processes as they are given to programs that run for one only.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";

/** Largest number of type pid_t. */
const mostProcesses = 2 ** 31 - 1;

/**
 * Checks the number of a process or, as `what` says, of a thread; left out, all are meant.
 * @throws {InvalidArgumentError} for a number that none can have: the kernel takes some of them for "all".
 */
export function assertProcess(id: number | undefined, what = "the number of a process"): void {
  if (id !== undefined) assertWhole(id, what, { least: 1, most: mostProcesses });
}
