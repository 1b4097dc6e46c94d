/**
 * How a bounded queue of events behaves, and what it counts.
 * @module
 */
import { assertWhole, assertWord } from "../base/arguments.ts";
import { BpfError } from "../base/errors.ts";
import type { Health } from "./health.ts";

/**
 * What happens to an event for which the queue has no room.
 *
 * - `block`: it stays in its source until the queue has emptied to the low mark. A ring buffer that is full then makes
 *   programs lose events, which its loss counter tells.
 * - `drop-newest`: it is dropped.
 * - `drop-oldest`: the event that has waited longest is dropped.
 * - `sample`: from the high mark on until the queue has emptied to the low one, only every n-th event is kept.
 * - `fail`: the reading ends with a {@link QueueOverflowError}.
 */
export type OverflowPolicy = "block" | "drop-newest" | "drop-oldest" | "sample" | "fail";

/** Options of `withBackpressure`. */
export interface BackpressureOptions {
  /** Events that wait at most; 10 000 when left out. */
  readonly capacity?: number;
  /** `block` when left out. */
  readonly policy?: OverflowPolicy;
  /** With policy `sample`: of how many events one is kept; 10 when left out. */
  readonly sampleEvery?: number;
  /** Share of the capacity from which on the health is `degraded`; 0.8 when left out. */
  readonly highWater?: number;
  /** Share of the capacity down to which the queue has to empty for the health to be `ok` again; 0.5 when left out. */
  readonly lowWater?: number;
  /** Called when the health changes. */
  readonly onHealth?: (health: Health) => void;
  /** Ends the taking of events; those that wait can still be read. */
  readonly signal?: AbortSignal;
  /** Whether waiting for events of a ring or perf buffer keeps the process alive; `yes` when left out. */
  readonly keepAlive?: "yes" | "no";
}

type Defaulted = "capacity" | "policy" | "sampleEvery" | "highWater" | "lowWater";
/** The options, with defaults for what is left out. */
export type Settings = BackpressureOptions & Required<Pick<BackpressureOptions, Defaulted>>;

const defaults: Required<Pick<BackpressureOptions, Defaulted>> = {
  capacity: 10_000,
  policy: "block",
  sampleEvery: 10,
  highWater: 0.8,
  lowWater: 0.5,
};

/** Counts of a `BackpressureConsumer`. */
export interface BackpressureStatistics {
  /** Events that came from the source. */
  readonly received: number;
  /** Events that were handed on. */
  readonly delivered: number;
  /** Events that were dropped, by reason; the numbers are those since the start. */
  readonly dropped: DroppedEvents;
  /** Events that could not be decoded. */
  readonly errors: number;
  /** Events that wait. */
  readonly depth: number;
  readonly capacity: number;
  /** Most events that ever waited. */
  readonly peakDepth: number;
  /** Times that the source had to wait (policy `block`). */
  readonly pauses: number;
  readonly health: Health;
  /** Events per second that came, since the statistics were asked for last. */
  readonly receivedPerSecond: number;
  /** Events per second that were handed on, since the statistics were asked for last. */
  readonly deliveredPerSecond: number;
}

/** Events that were dropped, by reason. */
export interface DroppedEvents {
  /** There was no room for them. */
  readonly newest: number;
  /** They made room for others. */
  readonly oldest: number;
  /** They were none of the sample. */
  readonly sampled: number;
}

/** Policy `fail`: the queue had no room for an event. */
export class QueueOverflowError extends BpfError {
  override readonly name = "QueueOverflowError";
  readonly code = "QUEUE_OVERFLOW";

  constructor(capacity: number) {
    super(`more than ${capacity} events wait to be read`, {
      hint: "read faster, give more capacity, or choose a policy that drops events",
    });
  }
}

const policies: readonly OverflowPolicy[] = [
  "block",
  "drop-newest",
  "drop-oldest",
  "sample",
  "fail",
];

/**
 * The options with their defaults.
 * @throws {InvalidArgumentError} for a policy that is none, or a sample that cannot be taken.
 */
export function settingsOf(options: BackpressureOptions): Settings {
  const settings = { ...defaults, ...options };
  assertSettings(settings);
  return settings;
}

function assertSettings({ policy, sampleEvery }: Settings): void {
  assertWord(policy, policies, "the policy of a queue of events");
  assertWhole(sampleEvery, "sampleEvery", { least: 1 });
}
