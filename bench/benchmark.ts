/**
 * What a benchmark is: two sides that do the same work, and the figures to read from their answers.
 * @module
 */
import type { Tool } from "./tools.ts";

/** One number that is compared. */
export interface Figure {
  readonly name: string;
  /** Which number of an {@link Answer} it is. */
  readonly field: string;
  readonly unit: Unit;
  /** What it means, in a few words. */
  readonly about: string;
  /** What must hold. */
  readonly limit?: Limit;
}

/** What a figure counts: time, memory, or instructions as 8-byte slots. */
export type Unit = "ns" | "ms" | "MiB" | "instructions";

/** A bound of the ratio to the peer, or of our own number. */
export interface Limit {
  readonly of: "ratio" | "ours";
  readonly max: number;
}

/** What one side measured in one round, by field. */
export type Answer = Readonly<Record<string, number>>;

/** One of the two programs, ready to make rounds. */
export interface Side {
  /** Does the work once. */
  round(): Promise<Answer>;
}

/** Both programs. */
export interface Pair {
  readonly ours: Side;
  readonly peer: Side;
}

/** How much work: as much as a figure needs, or as little as shows that everything runs. */
export type Size = "full" | "tiny";

/** A benchmark. */
export interface Benchmark {
  /** The name under which several benchmarks are asked for together; each figure has its own besides. */
  readonly group?: string;
  readonly figures: readonly Figure[];
  /** What must be there for it. */
  readonly tools: readonly Tool[];
  /** Rounds to make unless the command line says otherwise. */
  readonly runs: number;
  /** Rounds before those that count, so that our code has been compiled and memory touched. */
  readonly warmUps: number;
  /** Starts both sides; `resources` takes what must be closed in the end. */
  readonly open: (size: Size, resources: AsyncDisposableStack) => Promise<Pair>;
}
