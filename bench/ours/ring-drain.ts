/**
 * ring-drain batches|loop|consume|events FILLS RECORDS: fills the ring with records of 64 bytes by test runs, then takes
 * them out: at once by `drainBatches`, from the event loop by `consumeBatches` or `consume`, all with a function that looks
 * at 8 bytes of each, or by `drain` as objects. Only the taking is timed; `peer/ring-drain.c` does the same.
 * @module
 */
import { load, type EventRecord } from "ts-ebpf";
import { fillProgram, ringOf } from "./ring-programs.ts";
import { numberArgument, serveRounds, wordArgument } from "./rounds.ts";
import { addFirstWords, drainRounds, Sample, total } from "./sample-records.ts";

const way = wordArgument(1, ["batches", "loop", "consume", "events"]);
const fills = numberArgument(2);
const records = numberArgument(3);

const events = ringOf(Sample);
await using collection = await load({ events, fill: fillProgram(events) });
const ring = collection.events;
using _ = readFromLoop();

const rounds = drainRounds({
  fill: (count) => collection.fill.run({ data: new Uint8Array(64), repeat: count }),
  drained: (count) => {
    if (way === "batches") ring.drainBatches(addFirstWords);
    if (way === "events") takeEvents();
    return total[0] === count;
  },
});
await rounds.warmUp();
await serveRounds(() => rounds.measure(fills, records));

/** Begins what the event loop is to do. */
function readFromLoop(): Disposable | undefined {
  if (way === "loop") return ring.consumeBatches(addFirstWords);
  return way === "consume" ? ring.consume(addFirstWord) : undefined;
}

/** Looks at 8 bytes, which are 1 in every record. */
function addFirstWord(record: EventRecord<Sample>): void {
  total[0]! += record.getUint32(0) + record.getUint32(4);
}

function takeEvents(): void {
  for (const sample of ring.drain()) total[0]! += sample.pid;
}
