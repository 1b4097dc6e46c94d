/**
 * perf-drain batches|loop FILLS RECORDS: fills the perf buffer of one CPU with records of 64 bytes by test runs, then takes
 * them out, at once by `drainBatches` or from the event loop by `consumeBatches`, with a function that looks at 8 bytes of
 * each. Only the taking is timed; `peer/perf-drain.c` does the same.
 * @module
 */
import { load } from "ts-ebpf";
import { perfBufferOf, perfFillProgram } from "./ring-programs.ts";
import { numberArgument, serveRounds, wordArgument } from "./rounds.ts";
import { addFirstWords, drainRounds, Sample, total } from "./sample-records.ts";

const way = wordArgument(1, ["batches", "loop"]);
const fills = numberArgument(2);
const records = numberArgument(3);

const events = perfBufferOf(Sample);
await using collection = await load({ events, fill: perfFillProgram(events) });
using _ = way === "loop" ? collection.events.consumeBatches(addFirstWords) : undefined;

const rounds = drainRounds({
  fill: (count) => collection.fill.run({ data: new Uint8Array(64), repeat: count }),
  drained: (count) => {
    if (way === "batches") collection.events.drainBatches(addFirstWords);
    return total[0] === count;
  },
});
await rounds.warmUp();
await serveRounds(() => rounds.measure(fills, records));
