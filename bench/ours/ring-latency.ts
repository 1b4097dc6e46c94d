/**
 * ring-latency EVENTS: waits for records that carry the time of their making and answers with percentiles of the age
 * at which they reached the handler; `peer/ring-latency.c` does the same.
 * @module
 */
import { load, u64 } from "ts-ebpf";
import { ringOf, stampProgram } from "./ring-programs.ts";
import { numberArgument, serveRounds, type Answer } from "./rounds.ts";

const eventsPerRound = numberArgument(1);

const events = ringOf(u64);
await using collection = await load({ events, stamp: stampProgram(events) });

const ages = new Float64Array(eventsPerRound);
let seen = 0;
let onLast: () => void = () => undefined;

using _ = collection.events.consume((record) => {
  ages[seen++] = Number(process.hrtime.bigint() - record.event);
  if (seen === eventsPerRound) onLast();
});
await serveRounds(round, { program: collection.stamp.id });

async function round(): Promise<Answer> {
  seen = 0;
  await new Promise<void>((resolve) => (onLast = resolve));
  ages.sort();
  return { p50: percentile(50), p99: percentile(99) };
}

/** The age that this many of a hundred events do not exceed. */
function percentile(percent: number): number {
  return ages[Math.floor((eventsPerRound * percent) / 100)]!;
}
