/**
 * `node bench/sustained.ts --rate 500000 --seconds 30`: so many events a second into a function, for so long, without loss.
 *
 * Another process runs the program that makes the events, at the rate; this one reads them by `consume`. Both print
 * nothing but the result, and the exit code is 1 when an event was lost. `--quick` takes a second of it.
 * @module
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { load, ringbuf, struct, u64 } from "ts-ebpf";
import { BenchmarkError } from "./error.ts";
import { ourCommand } from "./program-side.ts";
import { fillProgram } from "./ours/ring-programs.ts";

const usual = { rate: "500000", seconds: "30" };
const quickSeconds = 1;
/** Events of some two seconds: as long as others may keep the processor from us. */
const ringBytes = 1 << 26;

/** Events that were made, and how long that took. */
interface Produced {
  readonly made: number;
  readonly seconds: number;
}

/** The same with how many of them came. */
interface Sustained extends Produced {
  readonly events: number;
}

/** Runs it and returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rate: { type: "string", default: usual.rate },
      seconds: { type: "string", default: usual.seconds },
      quick: { type: "boolean", default: false },
    },
  });
  const seconds = values.quick ? quickSeconds : Number(values.seconds);
  const result = await sustain(Number(values.rate), seconds);
  const lost = result.made - result.events;
  const perSecond = Math.round(result.events / result.seconds);
  console.log(`${perSecond} events/s for ${result.seconds.toFixed(1)} s, ${lost} lost`);
  return lost === 0 ? 0 : 1;
}

async function sustain(rate: number, seconds: number): Promise<Sustained> {
  const events = ringbuf("events", struct("record", { first: u64 }), ringBytes);
  await using collection = await load({ events, fill: fillProgram(events) });
  const counted = new Uint32Array(1);
  using consumer = collection.events.consume((record) => {
    counted[0]! += record.getUint32(0);
  });
  const produced = await produce(collection.fill.id, rate, seconds);
  // What was made last is in the ring, and everything is taken in one turn.
  consumer.stop();
  let left = 0;
  while (collection.events.advance()) left += 1;
  return { ...produced, events: counted[0]! + left };
}

/** What the other process says it has made, and in what time. */
async function produce(program: number, rate: number, seconds: number): Promise<Produced> {
  const [command = "", ...args] = ourCommand("producer.ts", program, rate, seconds);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout }))
    return JSON.parse(line) as Produced;
  throw new BenchmarkError("the producer ended without an answer");
}

process.exitCode = await main();
