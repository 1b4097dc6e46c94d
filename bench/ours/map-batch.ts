/**
 * map-batch u64|u53 ENTRIES BATCH PASSES: all elements of a full hash map in batches, every key and value looked at;
 * `peer/map-batch.c` does the same.
 * @module
 */
import { hashMap, load, u32, u53, u64, type HashMap } from "ts-ebpf";
import { expect, numberArgument, serveRounds, timed, wordArgument } from "./rounds.ts";

const layoutName = wordArgument(1, ["u64", "u53"]);
const entries = numberArgument(2);
const batchSize = numberArgument(3);
const passes = numberArgument(4);

if (layoutName === "u64") await runBigInts();
else await runNumbers();

async function runNumbers(): Promise<void> {
  await using collection = await load({ counts: hashMap("counts", u32, u53, entries) });
  collection.counts.setMany(Array.from({ length: entries }, (_, key) => [key, key] as const));
  await serveRounds(() => timed(entries * passes, () => readNumbers(collection.counts)));
}

async function runBigInts(): Promise<void> {
  await using collection = await load({ counts: hashMap("counts", u32, u64, entries) });
  collection.counts.setMany(
    Array.from({ length: entries }, (_, key) => [key, BigInt(key)] as const),
  );
  await serveRounds(() => timed(entries * passes, () => readBigInts(collection.counts)));
}

function readNumbers(counts: HashMap<number, number>): void {
  for (let pass = 0; pass < passes; pass++) {
    let sum = 0;
    for (const batch of counts.batches({ batchSize })) {
      for (let index = 0; index < batch.length; index++)
        sum += batch.key(index) + batch.value(index);
    }
    expect("every element once", sum === entries * (entries - 1));
  }
}

function readBigInts(counts: HashMap<number, bigint>): void {
  for (let pass = 0; pass < passes; pass++) {
    let keys = 0;
    let sum = 0n;
    for (const batch of counts.batches({ batchSize })) {
      for (let index = 0; index < batch.length; index++) {
        keys += batch.key(index);
        sum += batch.value(index);
      }
    }
    expect("every element once", keys + Number(sum) === entries * (entries - 1));
  }
}
