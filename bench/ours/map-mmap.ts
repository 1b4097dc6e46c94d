/**
 * map-mmap u64|u53|u32 ENTRIES PASSES: `get` on an array that is mapped into the process; `peer/map-mmap.c` does the
 * same.
 * @module
 */
import { arrayMap, load, u32, u53, u64, type ArrayMap, type Layout } from "ts-ebpf";
import { expect, numberArgument, serveRounds, timed, wordArgument } from "./rounds.ts";

const layoutName = wordArgument(1, ["u64", "u53", "u32"]);
const entries = numberArgument(2);
const passes = numberArgument(3);

if (layoutName === "u64") await run(u64, BigInt, readBigInts);
else await run({ u32, u53 }[layoutName], Number, readNumbers);

async function run<Value>(
  layout: Layout<Value>,
  valueOf: (index: number) => Value,
  read: (counts: ArrayMap<Value>) => void,
): Promise<void> {
  const spec = arrayMap("counts", layout, { maxEntries: entries, flags: ["mmapable"] });
  await using collection = await load({ counts: spec });
  const counts: ArrayMap<Value> = collection.counts;
  for (let index = 0; index < entries; index++) counts.set(index, valueOf(index));
  expect("a mapped array", counts.mapped);
  await serveRounds(() =>
    timed(entries * passes, () => {
      for (let pass = 0; pass < passes; pass++) read(counts);
    }),
  );
}

/** The sum of all elements. */
function readNumbers(counts: ArrayMap<number>): void {
  let sum = 0;
  for (let index = 0; index < entries; index++) sum += counts.get(index) ?? 0;
  expect("every element once", sum === (entries * (entries - 1)) / 2);
}

function readBigInts(counts: ArrayMap<bigint>): void {
  let last: bigint | undefined;
  for (let index = 0; index < entries; index++) last = counts.get(index);
  expect("the value of the last index", last === BigInt(entries - 1));
}
