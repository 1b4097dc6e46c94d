/**
 * What a history says of each benchmark: steady, slower, faster, or too short to tell.
 * @module
 */
import { type Change, type ChangeOptions, findChanges, findExactChanges } from "./changes.ts";
import type { Acceptance, HistoryEntry, Measurement, Metric } from "./history.ts";
import { medianOf } from "./ranks.ts";

/** How trends are judged. */
export interface TrendOptions extends ChangeOptions {
  /** Changes smaller than this share are nobody's business: 0.02 when left out. For instructions every change counts. */
  readonly threshold?: number;
}

/** What became of a benchmark. `short`: there are too few measurements for any change to be seen. */
export type TrendKind = "steady" | "regression" | "improvement" | "short";

/** The trend of one benchmark on one machine. */
export interface Trend {
  readonly kind: TrendKind;
  readonly benchmark: string;
  readonly metric: Metric;
  readonly machine: string;
  /** The latest measurements that are looked at, the earliest first. */
  readonly measurements: readonly Measurement[];
  /** The median of the level that the benchmark has now. */
  readonly level: number;
  /** The last change that counts, and the first measurement behind it. */
  readonly change: (Change & { readonly since: Measurement }) | undefined;
}

/** Measurements that are looked at: older ones say nothing of today's program. */
const latest = 100;
const usualThreshold = 0.02;
/** Fewest measurements with which a change can be seen at the usual confidence. */
const fewest = 10;

/** The trends in a history, one for each benchmark, metric and machine, in the order in which they first appear. */
export function trendsIn(
  entries: readonly HistoryEntry[],
  options: TrendOptions = {},
): readonly Trend[] {
  const rows = Map.groupBy(entries, ({ benchmark, metric, machine }) =>
    JSON.stringify([benchmark, metric, machine]),
  );
  return [...rows.values()].flatMap((row) => {
    const measurements = countingIn(row);
    return measurements.length === 0 ? [] : [trendOf(measurements, options)];
  });
}

/** The measurements since what was accepted last. */
function countingIn(row: readonly HistoryEntry[]): readonly Measurement[] {
  const accepted = row.findLast((entry): entry is Acceptance => entry.kind === "acceptance");
  return row
    .filter((entry): entry is Measurement => entry.kind === "measurement")
    .filter(({ time }) => accepted === undefined || time >= accepted.from)
    .slice(-latest);
}

function trendOf(
  measurements: readonly Measurement[],
  { threshold = usualThreshold, ...options }: TrendOptions,
): Trend {
  const { benchmark, metric, machine } = measurements[0]!;
  const values = steadied(measurements);
  const isExact = metric === "instructions";
  const changes = isExact ? findExactChanges(values) : findChanges(values, options);
  const least = isExact ? 0 : threshold;
  const counting = changes.findLast(({ ratio }) => Math.max(ratio, 1 / ratio) >= 1 + least);
  const start = changes.at(-1)?.at ?? 0;
  const isShort = !isExact && values.length < fewest;
  return {
    kind: counting === undefined ? (isShort ? "short" : "steady") : kindOf(counting),
    benchmark,
    metric,
    machine,
    measurements,
    level: medianOf(values.slice(start)),
    change: counting && { ...counting, since: measurements[counting.at]! },
  };
}

/**
 * The values as they would be had the machine always been as fast as it mostly was: in proportion to what the program that
 * never changes took at the same time. As they are when a measurement does not say that.
 */
function steadied(measurements: readonly Measurement[]): readonly number[] {
  const references = measurements.flatMap(({ reference }) => reference ?? []);
  if (references.length < measurements.length) return measurements.map(({ value }) => value);
  const usual = medianOf(references);
  return measurements.map(({ value, reference }) => (value * usual) / reference!);
}

function kindOf({ ratio }: Change): TrendKind {
  return ratio > 1 ? "regression" : "improvement";
}
