/**
 * ring-drain consume|events RECORDS: fills the ring with records of 64 bytes by test runs, then takes them out: by
 * `consume` with a function that looks at 8 bytes of each, or by `drain` as objects. Only the taking is timed;
 * `peer/ring-drain.c` does the same.
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
  type Program,
  type RingBuffer,
} from "ts-ebpf";
import { fillProgram, ringOf } from "./ring-programs.ts";
import { cpuNs, expect, numberArgument, serveRounds, wordArgument, type Answer } from "./rounds.ts";

const way = wordArgument(1, ["batches", "consume", "events"]);
const records = numberArgument(2);

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

/** Sum of what was looked at; every record adds 1. In a typed array, where adding costs least. */
const littleEndian = endianness() === "LE";
const total = new Uint32Array(1);
let expected = 0;
let onLast: () => void = () => undefined;

const events = ringOf(Sample);
await using collection = await load({ events, fill: fillProgram(events) });
const take = { batches: consumeBatches, consume, events: takeEvents }[way];
await warmUp();
await serveRounds(() => fillAndTake(records));

/**
 * Engines compile for good what is called often, as in a tool that has run for seconds, not what is called once for
 * long.
 */
async function warmUp(): Promise<void> {
  for (let round = 0; round < 500; round++) await fillAndTake(200);
}

/** Nanoseconds of CPU time to take each of `count` records. */
async function fillAndTake(count: number): Promise<Answer> {
  fill(collection.fill, count);
  total[0] = 0;
  const start = cpuNs();
  await take(collection.events, count);
  const ns = (cpuNs() - start) / count;
  expect("the records that were made", total[0] === count);
  return { ns };
}

function fill(program: Program, count: number): void {
  program.run({ data: new Uint8Array(64), repeat: count });
}

/** Looks at 8 bytes, which are 1 in every record. */
function onRecord(record: EventRecord<Sample>): void {
  total[0]! += record.getUint32(0) + record.getUint32(4);
  if (total[0] === expected) onLast();
}

async function consume(ring: RingBuffer<Sample>, count: number): Promise<void> {
  const last = new Promise<void>((resolve) => (onLast = resolve));
  expected = count;
  using _ = ring.consume(onRecord);
  await last;
}

async function consumeBatches(ring: RingBuffer<Sample>, count: number): Promise<void> {
  const last = new Promise<void>((resolve) => (onLast = resolve));
  expected = count;
  using _ = ring.consumeBatches(onBatch);
  await last;
}

/** The same for a whole batch. */
function onBatch({ data, places, length }: EventBatch<Sample>): void {
  let sum = 0;
  for (let index = 0; index < 2 * length; index += 2) {
    const start = places[index]!;
    sum += data.getUint32(start, littleEndian) + data.getUint32(start + 4, littleEndian);
  }
  total[0]! += sum;
  if (total[0] === expected) onLast();
}

async function takeEvents(ring: RingBuffer<Sample>): Promise<void> {
  for (const sample of ring.drain()) total[0]! += sample.pid;
}
