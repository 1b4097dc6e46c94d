/**
 * Counting runs of programs, which is done while somebody wants it (`bpf_stats_enabled_key` of kernel/bpf/syscall.c).
 *
 * How long a run took says the clock of the world: nothing, unless something lets time pass meanwhile.
 * @module
 */
import { SimulatedObject } from "./object.ts";

/** Of what runs are counted. */
export interface RunCounts {
  runs: bigint;
  runTimeNs: bigint;
}

/** Whether runs are counted, and how. */
export class Statistics {
  readonly #clock: { readonly now: bigint };
  #wanted = 0;

  constructor(clock: { readonly now: bigint }) {
    this.#clock = clock;
  }

  /** What keeps counting on while it is held. */
  switchOn(): SimulatedObject {
    this.#wanted += 1;
    const switched = new SwitchedOn("run_time statistics");
    switched.atEnd(() => (this.#wanted -= 1));
    return switched;
  }

  /** Counts a run that began at `start`, by the clock of the world. */
  count(counts: RunCounts, start: bigint): void {
    if (this.#wanted === 0) return;
    counts.runs += 1n;
    counts.runTimeNs += this.#clock.now - start;
  }
}

class SwitchedOn extends SimulatedObject {
  readonly kind = "file";
}
