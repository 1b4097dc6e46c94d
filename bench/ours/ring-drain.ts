/**
 * ring-drain batches|consume|events FILLS RECORDS: fills the ring with records of 64 bytes by test runs, then takes them
 * out: by `consumeBatches` or `consume` with a function that looks at 8 bytes of each, or by `drain` as objects. Only
 * the taking is timed; `peer/ring-drain.c` does the same.
 * @module
 */
import { load, type EventRecord, type RingBuffer } from "ts-ebpf";
import { fillProgram, ringOf } from "./ring-programs.ts";
import { numberArgument, serveRounds, wordArgument } from "./rounds.ts";
import { addFirstWords, drainRounds, Sample, total } from "./sample-records.ts";

const way = wordArgument(1, ["batches", "consume", "events"]);
const fills = numberArgument(2);
const records = numberArgument(3);

const events = ringOf(Sample);
await using collection = await load({ events, fill: fillProgram(events) });
using _ = {
  batches: (ring: RingBuffer<Sample>) => ring.consumeBatches(addFirstWords),
  consume: (ring: RingBuffer<Sample>) => ring.consume(addFirstWord),
  events: () => undefined,
}[way](collection.events);

const rounds = drainRounds({
  fill: (count) => collection.fill.run({ data: new Uint8Array(64), repeat: count }),
  drained: (count) => {
    if (way === "events") takeEvents(collection.events);
    return total[0] === count;
  },
});
await rounds.warmUp();
await serveRounds(() => rounds.measure(fills, records));

/** Looks at 8 bytes, which are 1 in every record. */
function addFirstWord(record: EventRecord<Sample>): void {
  total[0]! += record.getUint32(0) + record.getUint32(4);
}

function takeEvents(ring: RingBuffer<Sample>): void {
  for (const sample of ring.drain()) total[0]! += sample.pid;
}
