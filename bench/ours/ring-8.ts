/**
 * ring-8 FILLS RECORDS: fills eight rings with records of 64 bytes in turn by test runs, then takes them out by one
 * `consumeRingBatches` with a function that looks at 8 bytes of each. Only the taking is timed; `peer/ring-8.c` does the
 * same.
 * @module
 */
import { consumeRingBatches, load } from "ts-ebpf";
import { openNativeKernel } from "ts-ebpf/sys";
import { fillProgram, ringOf } from "./ring-programs.ts";
import { numberArgument, serveRounds } from "./rounds.ts";
import { addFirstWords, drainRounds, Sample, total } from "./sample-records.ts";

const ringCount = 8;
const fills = numberArgument(1);
const records = numberArgument(2);

/** A collection for each ring: one program is one ring's. */
const collections = await Promise.all(
  Array.from({ length: ringCount }, () => {
    const events = ringOf(Sample);
    return load({ events, fill: fillProgram(events) });
  }),
);
using stack = new DisposableStack();
for (const collection of collections) stack.use(collection);
const rings = Object.fromEntries(collections.map(({ events }, index) => [`ring${index}`, events]));
using _ = consumeRingBatches(openNativeKernel(), rings, addFirstWords);

const rounds = drainRounds({
  fill: (count) => {
    for (const { fill } of collections) fill.run({ data: new Uint8Array(64), repeat: count });
  },
  drained: (count) => total[0] === ringCount * count,
});
await rounds.warmUp();
await serveRounds(async () => {
  const { ns } = await rounds.measure(fills, records);
  return { ns: ns / ringCount };
});
