/**
 * perf-drain FILLS RECORDS: fills the perf buffer of one CPU with records of 64 bytes by test runs, then takes them out by
 * `consumeBatches` with a function that looks at 8 bytes of each. Only the taking is timed; `peer/perf-drain.c` does the
 * same.
 * @module
 */
import { load } from "ts-ebpf";
import { perfBufferOf, perfFillProgram } from "./ring-programs.ts";
import { numberArgument, serveRounds } from "./rounds.ts";
import { addFirstWords, drainRounds, Sample, total } from "./sample-records.ts";

const fills = numberArgument(1);
const records = numberArgument(2);

const events = perfBufferOf(Sample);
await using collection = await load({ events, fill: perfFillProgram(events) });
using _ = collection.events.consumeBatches(addFirstWords);

const rounds = drainRounds({
  fill: (count) => collection.fill.run({ data: new Uint8Array(64), repeat: count }),
  drained: (count) => total[0] === count,
});
await rounds.warmUp();
await serveRounds(() => rounds.measure(fills, records));
