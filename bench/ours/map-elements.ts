/**
 * map-elements lookup|update u64|u53 ENTRIES OPERATIONS: one `get` or `set` per element of a full hash map;
 * `peer/map-elements.c` does the same.
 * @module
 */
import { hashMap, load, u32, u53, u64, type HashMap, type Layout } from "ts-ebpf";
import { expect, numberArgument, serveRounds, timed, wordArgument } from "./rounds.ts";

const keyStep = 7919;
const work = wordArgument(1, ["lookup", "update"]);
const layoutName = wordArgument(2, ["u64", "u53"]);
const entries = numberArgument(3);
const operations = numberArgument(4);

if (layoutName === "u64") await run(u64, BigInt);
else await run(u53, Number);

/** Serves rounds on a map with values of `layout`; the value of each key is the key. */
async function run<Value>(layout: Layout<Value>, valueOf: (key: number) => Value): Promise<void> {
  await using collection = await load({ counts: hashMap("counts", u32, layout, entries) });
  const counts: HashMap<number, Value> = collection.counts;
  const values = Array.from({ length: entries }, (_, key) => valueOf(key));
  counts.setMany(values.entries());
  const body = work === "lookup" ? lookUp : update;
  await serveRounds(() => timed(operations, () => body(counts, values)));
}

function lookUp<Value>(counts: HashMap<number, Value>, values: readonly Value[]): void {
  let key = 0;
  let value: Value | undefined;
  for (let count = 0; count < operations; count++) {
    key = (key + keyStep) % entries;
    value = counts.get(key);
  }
  expect("the value of the last key", value === values[key]);
}

/** The values are there already: what it costs to make a `bigint` is not the map's. */
function update<Value>(counts: HashMap<number, Value>, values: readonly Value[]): void {
  let key = 0;
  for (let count = 0; count < operations; count++) {
    key = (key + keyStep) % entries;
    counts.set(key, values[key]!);
  }
}
