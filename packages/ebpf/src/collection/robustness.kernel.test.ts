import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { st } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { ClosedError } from "../base/errors.ts";
import { openProgram } from "../inspect/open.ts";
import { r0, r10 } from "../isa/register.ts";
import { isNotFound, NoSpaceError } from "../kernel/errors.ts";
import type { ProgramId } from "../kernel/handle.ts";
import { array } from "../layout/array.ts";
import { bytes } from "../layout/bytes.ts";
import { u32, u64 } from "../layout/integer.ts";
import { createMap } from "../map/create.ts";
import type { HashMap } from "../map/hash-map.ts";
import { arrayMap } from "../spec/array-map.ts";
import { hashMap } from "../spec/hash-map.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { rawTracepoint } from "../spec/tracepoint.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { loadCollection } from "./load.ts";

const kernel = openNativeKernel();
const seen = ringbuf("seen", u64, 1 << 16);
const counts = hashMap("counts", u32, u64, 1024);

/** Tells of each new program that is run. */
const onExec = rawTracepoint(
  "sched_process_exec",
  assemble([
    st("u64", r10, -8, 7),
    call("ringbuf_output", seen, at(r10, -8), 8, 0),
    mov(r0, 0),
    exit(),
  ]),
);

// oxlint-disable-next-line typescript/explicit-function-return-type -- the type is the spec's
const load = () => loadCollection(kernel, { seen, counts, onExec });

/** All orders of what is given. */
function* ordersOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of ordersOf(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

/** What a thread and a process of their own do. */
const marker = "EBPF_TEST_ATTACHING";
if (!isMainThread) await workInThread();
else if (process.env[marker] === "yes") attachForever();
else defineTests();

async function workInThread(): Promise<void> {
  using tracer = load();
  for (let key = 0; key < 1000; key++) tracer.counts.set(key, BigInt(key));
  tracer.attach();
  const next = tracer.seen.read({ limit: 1, timeoutMs: 60_000 }).next();
  spawnSync("/bin/true");
  const { value } = await next;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, and no window
  parentPort!.postMessage({ elements: [...tracer.counts.keys()].length, event: value });
}

/** Tells the number of its program, and attaches it until somebody ends the process. */
function attachForever(): void {
  using tracer = load();
  console.log(tracer.onExec.id);
  for (;;) {
    tracer.attach();
    tracer.detach();
  }
}

function defineTests(): void {
  describe("closing", needs("root", "bpf", "ringbuf"), () => {
    it("goes in every order, and more than once", async () => {
      for (const order of ordersOf(["map", "program", "link", "reader", "collection"])) {
        const tracer = load();
        tracer.attach();
        const parts: Readonly<Record<string, Disposable>> = {
          map: tracer.seen,
          program: tracer.onExec,
          link: tracer.links.get("onExec")!,
          reader: tracer.seen.consume(() => {}),
          collection: tracer,
        };
        const reading = tracer.seen.read({ timeoutMs: 60_000 }).next();
        // What is there by now is for the one or for the other of the two readers.
        for (const name of [...order, ...order]) parts[name]![Symbol.dispose]();
        await reading;
        assert.throws(() => tracer.seen.statistics(), ClosedError, order.join(", "));
        assert.throws(() => tracer.attach(), ClosedError);
      }
    });

    it("happens when the body throws", () => {
      let left: ReturnType<typeof load> | undefined;
      assert.throws(() => {
        using tracer = load();
        left = tracer;
        tracer.attach();
        throw new RangeError("the body's own");
      }, RangeError);
      assert.ok(left!.closed && left!.seen.closed && left!.onExec.closed);
      assert.equal(left!.links.size, 0);
    });

    it("ends a reader that is in the middle of a batch", async () => {
      using tracer = load();
      tracer.attach();
      for (let runs = 0; runs < 3; runs++) spawnSync("/bin/true");
      let events = 0;
      for await (const _ of tracer.seen.read({ timeoutMs: 60_000 })) {
        events += 1;
        tracer.seen.close();
      }
      assert.equal(events, 1);
    });
  });

  describe("many and much", needs("root", "bpf"), () => {
    it("makes a thousand maps", () => {
      using stack = new DisposableStack();
      const maps: HashMap<number, bigint>[] = [];
      for (let index = 0; index < 1000; index++) {
        const map = stack.use(createMap(kernel, hashMap(`map${index}`, u32, u64, 4)));
        map.set(index, BigInt(index));
        maps.push(map);
      }
      maps.forEach((map, index) => assert.equal(map.get(index), BigInt(index)));
    });

    it("stores values of 4 MiB", () => {
      const size = 4 << 20;
      using map = createMap(kernel, arrayMap("large", bytes(size), 2));
      const value = new Uint8Array(size).fill(0xab);
      map.set(1, value);
      assert.deepEqual(map.get(1), value);
      assert.equal(map.get(0)![size - 1], 0);
    });

    it("says that a map is larger than memory", () => {
      const huge = arrayMap("huge", array(u64, 512), 2 ** 30);
      assert.throws(
        () => createMap(kernel, huge),
        (error) => error instanceof NoSpaceError && /create map "huge"/.test(error.message),
      );
    });
  });

  describe("several at once", needs("root", "bpf", "ringbuf"), () => {
    it("share the events of a ring between readers", async () => {
      using tracer = load();
      tracer.attach();
      const stop = new AbortController();
      const found = [0, 0];
      const readers = found.map(async (_, reader) => {
        for await (const event of tracer.seen.read({ signal: stop.signal })) {
          assert.equal(event, 7n);
          found[reader]! += 1;
        }
      });
      let runs = 0;
      for (; runs < 20; runs++) spawnSync("/bin/true");
      const deadline = Date.now() + 60_000;
      while (found[0]! + found[1]! < runs) {
        assert.ok(Date.now() < deadline, found.join(" and "));
        await setImmediate();
      }
      tracer.detach();
      stop.abort();
      await Promise.all(readers);
      const { events, lost } = tracer.seen.statistics();
      assert.deepEqual([events, lost ?? 0n], [found[0]! + found[1]!, 0n]);
    });

    it("are threads, each with objects of its own", async () => {
      // Not what else tests are started with: who looks for leaks looks at the whole process.
      const execArgv = ["--conditions=@ts-ebpf/source"];
      const workers = [1, 2].map(() => new Worker(new URL(import.meta.url), { execArgv }));
      const ends = Promise.all(workers.map((worker) => once(worker, "exit")));
      const answers = await Promise.all(workers.map((worker) => once(worker, "message")));
      // Threads are not terminated: what they have open belongs to the process, and would stay open.
      await ends;
      for (const [answer] of answers) assert.deepEqual(answer, { elements: 1000, event: 7n });
    });

    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      it(`leave nothing when ${signal} comes while attaching`, async () => {
        const options = process.execArgv.filter((option) => !option.startsWith("--test"));
        const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
        const child = spawn(process.execPath, [...options, fileURLToPath(import.meta.url)], {
          env: { ...environment, [marker]: "yes" },
          stdio: ["ignore", "pipe", "inherit"],
        });
        const [line] = (await once(child.stdout, "data")) as [Buffer];
        const id = Number(line.toString()) as ProgramId;
        openProgram(id, kernel).close();
        child.kill(signal);
        const [, by] = await once(child, "exit");
        assert.equal(by, signal);
        const deadline = Date.now() + 60_000;
        while (isLoaded(id)) {
          assert.ok(Date.now() < deadline, `program ${id} is still there`);
          await setImmediate();
        }
      });
    }
  });
}

function isLoaded(id: ProgramId): boolean {
  try {
    openProgram(id, kernel).close();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
