/**
 * ring-drain batches|consume|events FILLS RECORDS: fills the ring with records of 64 bytes by test runs, then takes them
 * out: by `consumeBatches` or `consume` with a function that looks at 8 bytes of each, or by `drain` as objects. Only
 * the taking is timed; `peer/ring-drain.c` does the same.
 * @module
 */
import { endianness } from "node:os";
import {
  load,
  struct,
  u32,
  u53,
  type EventBatch,
  type EventRecord,
  type Infer,
  type RingBuffer,
} from "ts-ebpf";
import { fillProgram, ringOf } from "./ring-programs.ts";
import { cpuNs, expect, numberArgument, serveRounds, wordArgument, type Answer } from "./rounds.ts";

const way = wordArgument(1, ["batches", "consume", "events"]);
const fills = numberArgument(2);
const records = numberArgument(3);

const Sample = struct("sample", {
  pid: u32,
  tid: u32,
  second: u53,
  third: u53,
  fourth: u53,
  fifth: u53,
  sixth: u53,
  seventh: u53,
  eighth: u53,
});
type Sample = Infer<typeof Sample>;

const littleEndian = endianness() === "LE";

/** Sum of what was looked at; every record adds 1. In a typed array, where adding costs least. */
const total = new Uint32Array(1);

const events = ringOf(Sample);
await using collection = await load({ events, fill: fillProgram(events) });
using _ = { batches: consumeBatches, consume, events: () => undefined }[way](collection.events);
await warmUp();
await serveRounds(round);

/**
 * Engines compile for good what is called often, as in a tool that has run for seconds, not what is called once for
 * long.
 */
async function warmUp(): Promise<void> {
  for (let count = 0; count < 500; count++) await fillAndTake(200);
}

async function round(): Promise<Answer> {
  let ns = 0;
  for (let count = 0; count < fills; count++) ns += await fillAndTake(records);
  return { ns: ns / (fills * records) };
}

/** Nanoseconds of CPU time to take `count` records. */
async function fillAndTake(count: number): Promise<number> {
  collection.fill.run({ data: new Uint8Array(64), repeat: count });
  total[0] = 0;
  const start = cpuNs();
  if (way === "events") takeEvents(collection.events);
  else await taken(count);
  const ns = cpuNs() - start;
  expect("the records that were made", total[0] === count);
  return ns;
}

/** Resolves when a consumer has got `count` records, as the event loop runs. */
async function taken(count: number): Promise<void> {
  while (total[0]! < count) await new Promise((resolve) => setImmediate(resolve));
}

function consume(ring: RingBuffer<Sample>): Disposable {
  return ring.consume(onRecord);
}

function consumeBatches(ring: RingBuffer<Sample>): Disposable {
  return ring.consumeBatches(onBatch);
}

/** Looks at 8 bytes, which are 1 in every record. */
function onRecord(record: EventRecord<Sample>): void {
  total[0]! += record.getUint32(0) + record.getUint32(4);
}

/** The same for a whole batch, as signed numbers (`pid_t` is one), which engines add fastest. */
function onBatch({ data, places, length }: EventBatch<Sample>): void {
  let sum = 0;
  for (let index = 0; index < 2 * length; index += 2) {
    const start = places[index]!;
    const low = data.getInt32(start, littleEndian);
    sum = (sum + low + data.getInt32(start + 4, littleEndian)) | 0;
  }
  total[0]! += sum;
}

function takeEvents(ring: RingBuffer<Sample>): void {
  for (const sample of ring.drain()) total[0]! += sample.pid;
}
