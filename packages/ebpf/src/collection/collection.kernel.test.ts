import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { storeField } from "../asm/field.ts";
import { mov } from "../asm/alu.ts";
import { ldx } from "../asm/memory.ts";
import { currentTgid } from "../asm/pattern/current-process.ts";
import { reserveOrCount, submitRecord } from "../asm/pattern/ring-buffer.ts";
import { at } from "../asm/place.ts";
import { BpfError, ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { r0, r1, r6, r7, r10 } from "../isa/register.ts";
import { NotFoundError } from "../kernel/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { hashMap } from "../spec/hash-map.ts";
import { lossCounter } from "../spec/array-map.ts";
import { program } from "../spec/program.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { rawTracepoint, tpBtf, tracepoint } from "../spec/tracepoint.ts";
import { SimulatedKernel } from "../sim/simulated-kernel.ts";
import { isSimulated, kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { loadCollection } from "./load.ts";

const usable = needs("root", "bpf", "btf", "ringbuf");
const kernel = kernelUnderTest();

const Exec = struct("exec", { time: u64, pid: u32, kind: u32 });
const lost = lossCounter("lost");
const events = ringbuf("events", Exec, { sizeBytes: 1 << 16, lossCounter: lost });

/** Reports who was executed, and which program saw it. */
const report = (kind: number) =>
  assemble([
    reserveOrCount({ ring: events, size: Exec.size, lost: { map: lost, key: at(r10, -4) } }),
    mov(r6, r0),
    call("ktime_get_ns"),
    mov(r7, r0),
    storeField(at(r6, 0), Exec, "time", r7),
    currentTgid(r7),
    storeField(at(r6, 0), Exec, "pid", r7),
    storeField(at(r6, 0), Exec, "kind", kind),
    submitRecord(r6),
    mov(r0, 0),
    exit(),
  ]);

const ways: Readonly<Record<string, ProgramSpec>> = {
  "a raw tracepoint": rawTracepoint("sched_process_exec", report(1)),
  "a BTF tracepoint": tpBtf("sched_process_exec", report(2)),
  "a tracepoint of tracefs": tracepoint("sched/sched_process_exec", report(3)),
};

/** Runs a program and returns its process id. */
async function execute(): Promise<number> {
  if (kernel instanceof SimulatedKernel) return executeIn(kernel);
  const child = spawn("/bin/true", { stdio: "ignore" });
  await once(child, "exit");
  return child.pid!;
}

/** The same where nothing happens by itself. */
function executeIn({ world, fire }: SimulatedKernel): number {
  const { task } = world;
  const pid = task.pid + 1;
  world.task = { ...task, pid, tid: pid };
  fire.rawTracepoint("sched_process_exec", [{ pid, tgid: pid }, pid, null]);
  fire.tracepoint("sched/sched_process_exec", { pid, old_pid: pid, filename: "/bin/true" });
  world.task = task;
  return pid;
}

describe("a collection", usable, () => {
  for (const [index, [way, onExec]] of Object.entries(ways).entries()) {
    const needed = index === 2 ? needs("tracefs") : {};
    it(`sees executions through ${way}`, needed, async () => {
      await using tracer = loadCollection(kernel, { events, onExec });
      tracer.attach();
      const pid = await execute();
      const found: number[] = [];
      for await (const event of tracer.events.read({ timeoutMs: 60_000 })) {
        found.push(event.kind);
        if (event.pid === pid) break;
      }
      assert.equal(found.at(-1), index + 1);
      assert.equal(tracer.events.statistics().lost, 0n);
      const link = tracer.links.get("onExec")!;
      if (link.kind !== "perf_event_ioctl") {
        assert.equal(link.info().programId, tracer.onExec.id);
      }
      tracer.detach();
      assert.ok(link.closed);
      assert.equal(tracer.links.size, 0);
      const seen = [...tracer.events.drain()];
      assert.ok(seen.every((event) => event.kind === index + 1));
      const after = await execute();
      assert.ok([...tracer.events.drain()].every((event) => event.pid !== after));
    });
  }

  it("gives each object under its name, and closes all of them", () => {
    const tracer = loadCollection(kernel, { events, onExec: ways["a raw tracepoint"]! });
    const { onExec } = tracer;
    assert.equal(tracer.maps.get("lost")?.type, "percpu_array");
    assert.equal(onExec.info().name, "onExec");
    assert.deepEqual(
      new Set(onExec.info().mapIds),
      new Set([tracer.events.id, tracer.maps.get("lost")!.id]),
    );
    tracer.close();
    tracer.close();
    assert.throws(() => onExec.info(), ClosedError);
    assert.throws(() => tracer.events.statistics(), ClosedError);
    assert.throws(() => tracer.attach(), ClosedError);
  });

  const refuses = (
    act: () => unknown,
    type: new (...given: never[]) => BpfError,
    message: RegExp,
  ) => assert.throws(act, (error) => error instanceof type && message.test(error.format()));

  it("says which map a program misses, and which one may be meant", () =>
    refuses(
      () =>
        loadCollection(kernel, {
          evnets: ringbuf("evnets", Exec, 4096),
          lost,
          onExec: ways["a raw tracepoint"]!,
        }),
      InvalidArgumentError,
      /program "onExec" uses map "events", which is not there[^]*did you mean "evnets"/,
    ));

  it("refuses names that collections have taken", () =>
    refuses(
      () => loadCollection(kernel, { attach: hashMap("attach", u32, u32, 1) }),
      InvalidArgumentError,
      /"attach" cannot be the name/,
    ));

  it("shows the verifier's log when a program is rejected, and leaves nothing", () => {
    const bad = program("socket_filter", assemble([ldx("u64", r0, r1, 4096), exit()]));
    refuses(
      () => loadCollection(kernel, { events, bad }),
      VerifierError,
      /program "bad" was rejected[^]*invalid bpf_context access[^]*verifier log/,
    );
  });

  it("says what rejected a program that is refused for its log's sake too", () => {
    const jumps = Array.from({ length: 3000 }, (_, index) => mov(r0, index));
    const long = program("socket_filter", assemble([jumps, ldx("u64", r0, r1, 4096), exit()]));
    assert.throws(
      () => loadCollection(kernel, { long }),
      (error) =>
        error instanceof VerifierError &&
        // The simulated kernel logs only what it refuses.
        (isSimulated() || error.log.length > 3000) &&
        error.instruction === 3000,
    );
  });

  it("attaches all or nothing", () => {
    const spec = {
      events,
      good: ways["a raw tracepoint"]!,
      bad: rawTracepoint("no_such_tracepoint", report(4)),
    };
    using tracer = loadCollection(kernel, spec);
    refuses(() => tracer.attach(), NotFoundError, /no_such_tracepoint/);
    assert.equal(tracer.links.size, 0);
    tracer.attach("good");
    refuses(() => tracer.attach("good"), InvalidArgumentError, /"good" is attached already/);
    refuses(() => tracer.attach("goood"), InvalidArgumentError, /did you mean "good"/);
  });

  it("names tracepoints that come near a wrong name", () => {
    const wrong = tpBtf("sched_proces_exec", report(5));
    refuses(
      () => loadCollection(kernel, { events, wrong }),
      InvalidArgumentError,
      /sched_process_exec/,
    );
  });

  it("loads, attaches, detaches and closes 10,000 times without growing", async () => {
    const rounds = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round++) {
        using tracer = loadCollection(kernel, { events, onExec: ways["a BTF tracepoint"]! });
        tracer.attach();
        tracer.detach();
        if (round % 100 === 0) await setImmediate(); // what was collected is freed between turns
      }
    };
    // Nothing of the machine is used up by simulated ones: fewer tell as much.
    const count = isSimulated() ? 600 : 6000;
    await rounds((2 * count) / 3);
    const descriptors = openDescriptors();
    /** A page for each round is too much: whatever is made once in each round and kept would show, each time. */
    const grown = async (): Promise<number> => {
      const memory = await settledMemory();
      await rounds(count);
      return (await settledMemory()) - memory;
    };
    const most = count * 4096;
    let growth = await grown();
    // Memory of the engine comes and goes.
    for (let turn = 0; turn < 2 && growth >= most; turn++) growth = await grown();
    assert.equal(openDescriptors(), descriptors);
    assert.ok(growth < most, `grown by ${growth} bytes`);
  });
});

/** Bytes of memory of this process once everything is collected that can be. */
async function settledMemory(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let time = 0; time < 4; time++) {
    collect();
    await setImmediate();
  }
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  // All of the simulated kernel is JavaScript; what the process has beside that comes and goes. What the engine keeps for
  // objects to come doubles now and then.
  return isSimulated() ? heapUsed + external : rss - (heapTotal - heapUsed);
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
