/**
 * From an event in the kernel to the handler, against `ring_buffer__poll` of libbpf: wall-clock time.
 *
 * A process of its own makes an event every millisecond; the reader sleeps in between. The record carries the
 * kernel's clock, the handler reads the same clock.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Answer, Benchmark, Side } from "./benchmark.ts";
import { BenchmarkError } from "./error.ts";
import { peerObject, peerProgram } from "./peer.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

const pauseUs = 1000;

/** Latency of events. */
export const ringLatency: Benchmark = {
  figures: [
    {
      name: "ring-latency",
      field: "p50",
      unit: "ns",
      about: "event to handler, half of them are faster",
      limit: { of: "ratio", max: 2 },
    },
    { name: "ring-latency-p99", field: "p99", unit: "ns", about: "99 % are faster" },
  ],
  tools: ["clang", "libbpf", "root"],
  runs: 15,
  warmUps: 2,
  open: async (size, resources) => {
    const events = { full: 200, tiny: 10 }[size];
    const object = peerObject("rings");
    const peer = [peerProgram("ring-latency"), object, String(events)];
    const start = async (command: readonly string[]): Promise<Side> =>
      new TriggeredSide(resources.use(await ProgramSide.start(command)), events);
    return { ours: await start(ourCommand("ring-latency.ts", events)), peer: await start(peer) };
  },
};

/** A reader that is given its events by the trigger. */
class TriggeredSide implements Side {
  readonly #reader: ProgramSide;
  readonly #events: number;

  constructor(reader: ProgramSide, events: number) {
    this.#reader = reader;
    this.#events = events;
  }

  async round(): Promise<Answer> {
    const answer = this.#reader.round();
    await Promise.all([answer, this.#trigger()]);
    return answer;
  }

  async #trigger(): Promise<void> {
    const program = this.#reader.ready["program"];
    const args = [program, this.#events, pauseUs].map(String);
    const child = spawn(peerProgram("trigger"), args, { stdio: ["ignore", "ignore", "inherit"] });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new BenchmarkError("the program that makes events failed");
  }
}
