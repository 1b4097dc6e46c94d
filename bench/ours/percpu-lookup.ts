/**
 * percpu-lookup ENTRIES OPERATIONS: one `get` per element of a full per-CPU hash map, and the sum of its values;
 * `peer/percpu-lookup.c` does the same.
 * @module
 */
import { load, perCpuHashMap, sum, u32, u64 } from "ts-ebpf";
import { expect, numberArgument, serveRounds, timed } from "./rounds.ts";

const keyStep = 7919;
const entries = numberArgument(1);
const operations = numberArgument(2);

await using collection = await load({ counts: perCpuHashMap("counts", u32, u64, entries) });
const { counts } = collection;
const { cpus } = counts;
counts.setMany(Array.from({ length: entries }, (_, key) => [key, cpus.map(() => BigInt(key))]));
await serveRounds(() => timed(operations, lookUp));

function lookUp(): void {
  let key = 0;
  let total = 0n;
  for (let count = 0; count < operations; count++) {
    key = (key + keyStep) % entries;
    total = sum(counts.get(key)!);
  }
  expect("the sum of the last key", total === BigInt(key * cpus.length));
}
