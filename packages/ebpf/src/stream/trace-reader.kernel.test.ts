import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { loadFrom, storeTo } from "../asm/field.ts";
import { at } from "../asm/place.ts";
import { stackFrame } from "../asm/stack.ts";
import { ClosedError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r3 } from "../isa/register.ts";
import { BusyError } from "../kernel/errors.ts";
import { program } from "../spec/program.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import type { TraceLine, TraceMessage } from "./trace-line.ts";
import { TraceReader } from "./trace-reader.ts";
import { collect } from "./testing-collect.ts";

const kernel = openNativeKernel();
const usable = needs("root", "bpf", "tracefs");
/** A text on the stack that ends with a zero byte, for `bpf_trace_printk`: at most 16 bytes. */
const format = "n=%d: it's me";

/** A program that prints the number in its context. */
function printer() {
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode(format));
  const view = new DataView(bytes.buffer);
  const text = stackFrame().bytes(16);
  const print = program(
    "raw_tracepoint",
    assemble([
      loadFrom(r3, { ...at(r1, 0), size: 8 }),
      [0, 4, 8, 12].map((offset) =>
        storeTo({ ...text, offset: text.offset + offset, size: 4 }, view.getInt32(offset, true)),
      ),
      call("trace_printk", text, format.length + 1, r3),
      [mov(r0, 0), exit()],
    ]),
  );
  return loadCollection(kernel, { print });
}

function print({ print: program }: ReturnType<typeof printer>, number: number): void {
  const context = new Uint8Array(8);
  context[0] = number;
  program.run({ context });
}

/** Others may print too. */
const isOurs = (line: TraceLine): line is TraceMessage =>
  line.kind === "message" && line.pid === process.pid;

async function take(lines: AsyncIterable<TraceLine>, count: number): Promise<TraceMessage[]> {
  const found: TraceMessage[] = [];
  for await (const line of lines) {
    if (isOurs(line)) found.push(line);
    if (found.length === count) break;
  }
  return found;
}

/** Another reader; `undefined` where the kernel lets in only one. */
function openShared(): TraceReader | undefined {
  try {
    return new TraceReader(kernel, { source: "shared" });
  } catch (error) {
    assert.ok(error instanceof BusyError, String(error));
    return undefined;
  }
}

describe("TraceReader", usable, () => {
  it("yields what programs print, from when it was made", async () => {
    using printing = printer();
    print(printing, 1);
    using reader = new TraceReader(kernel);
    print(printing, 2);
    const reading = take(reader, 2);
    setImmediate(() => print(printing, 3));
    const [first, second] = await reading;
    assert.equal(first?.text, "n=2: it's me");
    assert.equal(second?.text, "n=3: it's me");
    assert.ok(kernel.cpus.online.includes(first.cpu));
    assert.ok(second.timestamp >= first.timestamp && first.timestamp > 0);
    assert.match(first.flags, /^\S{4,5}$/);
  });

  it("gives each reader all lines, where each has a buffer of its own", () => {
    using printing = printer();
    using one = new TraceReader(kernel);
    using other = new TraceReader(kernel);
    print(printing, 7);
    for (const reader of [one, other])
      assert.deepEqual(
        [...reader.drain()].filter(isOurs).map(({ text }) => text),
        ["n=7: it's me"],
      );
  });

  it("takes lines away from other readers of the machine's buffer, or is the only one", () => {
    using printing = printer();
    using one = new TraceReader(kernel, { source: "shared" });
    using other = openShared();
    Array.from(one.drain());
    print(printing, 8);
    assert.equal([...one.drain()].filter(isOurs).length, 1);
    assert.deepEqual([...(other?.drain() ?? [])].filter(isOurs), []);
  });

  it("stops at the limit, the time-out, and when it is closed", async () => {
    using printing = printer();
    const reader = new TraceReader(kernel);
    using _ = reader;
    for (const number of [1, 2, 3]) print(printing, number);
    assert.equal((await collect(reader.read({ limit: 2 }))).length, 2);
    assert.equal([...reader.drain()].filter(isOurs).length, 1);
    assert.deepEqual((await collect(reader.read({ timeoutMs: 5 }))).filter(isOurs), []);
    const reading = take(reader, 1);
    setImmediate(() => reader.close());
    assert.deepEqual(await reading, []);
    assert.throws(() => [...reader.drain()], ClosedError);
  });

  it("leaves no buffer behind", () => {
    const reader = new TraceReader(kernel);
    const folder = (reader.handle as unknown as { label: string }).label.replace("/trace_pipe", "");
    assert.ok(existsSync(folder));
    reader.close();
    reader.close();
    assert.equal(existsSync(folder), false);
  });
});
