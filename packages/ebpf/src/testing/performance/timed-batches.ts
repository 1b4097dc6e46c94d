/**
 * Batches of test runs, timed against a program that never changes.
 *
 * A processor that is shared, or goes slower when it is hot, makes all programs slower. So each batch comes with one of a fixed
 * program of arithmetic, and the ratio of both says more of a benchmark than its time alone.
 * @module
 */
import { add, mov, mul, sub } from "../../asm/alu.ts";
import { assemble, label } from "../../asm/assemble.ts";
import { exit } from "../../asm/call.ts";
import { jne } from "../../asm/jump.ts";
import { r0, r1, r2 } from "../../isa/register.ts";
import type { ProgramSpec, XdpTarget } from "../../spec/program-spec.ts";
import { xdp } from "../../spec/xdp.ts";

/** How long a batch takes about, and how many runs it has at most. */
const batchNs = 1_000_000;
const mostRuns = 1_000_000;
/** Runs of the batch that tells how many runs a batch shall have; it also warms up. */
const firstRuns = 1000;

/** Runs something so often; returns nanoseconds of one run as the kernel tells them: whole ones. */
export type TimedRuns = (repeat: number) => number;

/** What batches came to, in nanoseconds of one run. */
export interface BatchTimes {
  /** Means of the middle half of the batches: the kernel tells whole nanoseconds, among which a median would jump. */
  readonly value: number;
  readonly reference: number;
  /** Quartiles of the batches. */
  readonly low: number;
  readonly high: number;
}

/** Multiplies and adds 64 times, each time with what the time before gave: some 100 nanoseconds. */
export const referenceProgram: ProgramSpec<XdpTarget> = xdp(
  assemble(
    [mov(r0, 2), mov(r1, 64), mov(r2, 7)],
    [label("again"), mul(r2, 31), add(r2, r1), sub(r1, 1), jne(r1, 0, "again")],
    exit(),
  ),
  { name: "reference" },
);

/** Times `batches` batches of both, in turns. */
export function timeBatches(runs: TimedRuns, reference: TimedRuns, batches: number): BatchTimes {
  const [timeRuns, timeReference] = [batchOf(runs), batchOf(reference)];
  const pairs = Array.from({ length: batches }, () => [timeRuns(), timeReference()] as const);
  const middle = middleOf(pairs.map(([time]) => time));
  return {
    value: mean(middle),
    reference: mean(middleOf(pairs.map(([, time]) => time))),
    low: middle[0]!,
    high: middle.at(-1)!,
  };
}

/** A function that runs a batch and returns nanoseconds of one run. */
function batchOf(runs: TimedRuns): () => number {
  const first = Math.max(1, runs(firstRuns));
  const repeat = Math.min(mostRuns, Math.max(firstRuns, Math.round(batchNs / first)));
  // What takes less than a nanosecond is told as 0, and nothing is in proportion to that.
  return () => Math.max(1, runs(repeat));
}

/** The middle half of values, sorted. */
function middleOf(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((left, right) => left - right);
  const { length } = sorted;
  return sorted.slice(Math.floor(length / 4), Math.ceil((3 * length) / 4));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
