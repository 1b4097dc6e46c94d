/**
 * From the kernel's monotonic clock to the calendar's.
 *
 * Both clocks are read once, and their difference is added to each event's time; so times of events keep their order
 * and distances. When the difference has changed by more than noise, because the calendar's clock was set or the
 * machine slept, it is taken anew.
 * @module
 */

/** The two clocks, in microseconds. */
export interface Clocks {
  /** The monotonic clock, which Linux, Node and BPF programs share. */
  monotonicUs(): number;
  /** Time since 1970. */
  wallUs(): number;
}

/** Difference between clocks that is not taken for noise. */
const toleranceUs = 50_000;

/** Translates times. */
export class WallClock {
  readonly #clocks: Clocks;
  #differenceUs: number;

  constructor(clocks: Clocks = machineClocks) {
    this.#clocks = clocks;
    this.#differenceUs = clocks.wallUs() - clocks.monotonicUs();
  }

  /** Microseconds since 1970 at `monotonicUs`. */
  readonly wallUs = (monotonicUs: number): number => monotonicUs + this.#differenceUs;

  /** Takes the difference anew if the clocks have come apart; to be called now and then. */
  adjust(): void {
    const difference = this.#clocks.wallUs() - this.#clocks.monotonicUs();
    if (Math.abs(difference - this.#differenceUs) > toleranceUs) this.#differenceUs = difference;
  }
}

const machineClocks: Clocks = { monotonicUs, wallUs };

/** Microseconds of the monotonic clock. As `performance.now()`, which takes Node milliseconds to make. */
export function monotonicUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/** The clock for dates has steps of a millisecond. It is exact right after one, for which this waits. */
function wallUs(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now * 1e3;
}

/** `2026-11-21T12:00:00.123456Z`: the time as RFC 3339 writes it, to the microsecond. */
export function formatInstant(us: number): string {
  const wholeUs = Math.floor(us);
  const micros = wholeUs % 1000;
  const iso = new Date((wholeUs - micros) / 1000).toISOString();
  return `${iso.slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}

/** `13:00:00.123`: the time of day where this machine is. */
export function formatTimeOfDay(us: number): string {
  const date = new Date(us / 1000);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const millisecond = String(date.getMilliseconds()).padStart(3, "0");
  return `${clock.map((part) => String(part).padStart(2, "0")).join(":")}.${millisecond}`;
}
