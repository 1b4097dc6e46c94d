/**
 * What a run came to, in words.
 * @module
 */
import type { RunSummary } from "./run-view.ts";

/** `"1,234 events in 10.0 s"`, with the share of each ring where there are several. */
export function textSummary({ events, seconds }: RunSummary): string {
  const time = `${seconds.toFixed(1)} s`;
  if (events.size === 0) return `ended after ${time}`;
  const total = [...events.values()].reduce((sum, count) => sum + count, 0);
  const shares = [...events].map(([ring, count]) => `${ring} ${count.toLocaleString("en")}`);
  const detail = events.size === 1 ? "" : ` (${shares.join(", ")})`;
  return `${countOf(total, "event")}${detail} in ${time}`;
}

/** What was not seen, and what helps; nothing when everything was. */
export function lossWarnings({ lost, missed }: RunSummary): readonly string[] {
  const ofRings = [...lost].filter(([, count]) => count > 0);
  return [
    ...ofRings.map(
      ([ring, count]) =>
        `warning: ${countOf(count, "event")} of ${ring} lost: they came faster than they were read; ` +
        "make the ring larger, or send less",
    ),
    ...[...missed].map(
      ([program, count]) =>
        `warning: ${program} was not run ${countOf(count, "time")}, because it was running already`,
    ),
  ];
}

function countOf(count: number, word: string): string {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
