import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileAndLoad } from "../collection/load.ts";
import { bpf } from "../lang/builtins/index.ts";
import { struct, timer, u32, u64 } from "../layout/index.ts";
import { attachTcx } from "../link/tcx.ts";
import { attachXdp } from "../link/xdp.ts";
import { createSimulatedKernel, type SimulatedKernel } from "../sim/simulated-kernel.ts";
import { arrayMap } from "../spec/array-map.ts";
import { global } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { perfEventArray } from "../spec/perf-event-array.ts";
import { devmap } from "../spec/redirect-map.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { skLookup } from "../spec/socket-program.ts";
import { sockmap } from "../spec/sockmap.ts";
import { stackTraceMap } from "../spec/stack-trace-map.ts";
import { taskStorage } from "../spec/storage-map.ts";
import { tcx } from "../spec/tcx.ts";
import { rawTracepoint, tpBtf } from "../spec/tracepoint.ts";
import { xdp } from "../spec/xdp.ts";
import { TraceReader } from "../stream/trace-reader.ts";

const Event = struct("event", { number: u64 });
const noted = global("noted", u64, 0n);

/** A kernel with tracepoints that no other has. */
function kernelWith(...tracepoints: readonly string[]): SimulatedKernel {
  const kernel = createSimulatedKernel();
  for (const name of tracepoints) kernel.addTracepoint(name);
  return kernel;
}

describe("event buffers of the simulated kernel", () => {
  const perf = perfEventArray("perf", Event, { pagesPerCpu: 1 });
  const onPerf = rawTracepoint("perf", (context) => {
    "use bpf";
    perf.output(context, { number: context.args[0]! });
  });
  const ring = ringbuf("ring", Event, 4096);
  const onRing = rawTracepoint("ring", ({ args }) => {
    "use bpf";
    ring.output({ number: args[0]! });
  });

  it("are perf events, one for each CPU", async () => {
    const kernel = kernelWith("perf", "ring", "print");
    using loaded = await compileAndLoad(kernel, { perf, onPerf });
    loaded.attach();
    kernel.fire.rawTracepoint("perf", [5]);
    kernel.world.cpu = 1;
    kernel.fire.rawTracepoint("perf", [6]);
    const seen = [...loaded.perf.drain()].map(({ number }) => number);
    assert.deepEqual(new Set(seen), new Set([5n, 6n]));
    for (let turn = 0; turn < 300; turn++) kernel.fire.rawTracepoint("perf", [turn]);
    // 4096 bytes hold 170 records of 24.
    assert.equal([...loaded.perf.drain()].length, 170);
    // The next event tells.
    kernel.fire.rawTracepoint("perf", [0]);
    assert.equal([...loaded.perf.drain()].length, 1);
    assert.equal(loaded.perf.lost(), 130n);
  });

  it("lose events on purpose, and count them", async () => {
    const kernel = kernelWith("perf", "ring", "print");
    using loaded = await compileAndLoad(kernel, { ring, onRing, perf, onPerf });
    loaded.attach();
    const lossy = kernel.inject({ lose: "ringbuf", after: 1, times: 2 });
    for (const number of [1, 2, 3, 4]) kernel.fire.rawTracepoint("ring", [number]);
    assert.deepEqual([...loaded.ring.drain()], [{ number: 1n }, { number: 4n }]);
    lossy[Symbol.dispose]();
    using _ = kernel.inject({ lose: "perf", times: 1 });
    for (const number of [1, 2]) kernel.fire.rawTracepoint("perf", [number]);
    assert.deepEqual([...loaded.perf.drain()], [{ number: 2n }]);
    assert.equal(loaded.perf.lost(), 1n);
  });

  it("wake a reader that waits", async () => {
    const kernel = kernelWith("perf", "ring", "print");
    using loaded = await compileAndLoad(kernel, { ring, onRing });
    loaded.attach();
    const reading = loaded.ring.read({ limit: 1 }).next();
    kernel.fire.rawTracepoint("ring", [9]);
    assert.deepEqual((await reading).value, { number: 9n });
  });

  it("are what programs print, too", async () => {
    const onPrint = rawTracepoint("print", ({ args }) => {
      "use bpf";
      bpf.tracePrintk("number %d, %llx\n", args[0]!, args[1]!);
    });
    const kernel = kernelWith("perf", "ring", "print");
    using loaded = await compileAndLoad(kernel, { onPrint });
    loaded.attach();
    using reader = new TraceReader(kernel);
    kernel.fire.rawTracepoint("print", [-1, 255]);
    const [line] = reader.drain();
    assert.equal(line?.kind === "message" && line.text, "number -1, ff");
    assert.deepEqual(kernel.world.printed, ["number -1, ff\n"]);
  });
});

describe("the clock of the simulated kernel", () => {
  const Timed = struct("timed", { at: timer, fired: u32 });
  const timed = arrayMap("timed", Timed, 2);
  const start = tcx("ingress", () => {
    "use bpf";
    const value = timed.lookup(1);
    if (!value) return 1;
    bpf.timerInit(value.at, timed, 1);
    bpf.timerSetCallback(value.at, (_map, key, element) => {
      element.fired += 1 + key;
      bpf.timerStart(element.at, 500n);
      return 0;
    });
    bpf.timerStart(value.at, 1000n);
    return 0;
  });

  it("runs timers when a test moves it", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { timed, start });
    using _ = attachTcx(loaded.start, "lo", { direction: "ingress" });
    kernel.fire.receive("lo", new Uint8Array(60));
    const started = kernel.world.now;
    kernel.advance(999n);
    assert.equal(loaded.timed.get(1)?.fired, 0);
    kernel.advance(1n);
    assert.equal(loaded.timed.get(1)?.fired, 2);
    kernel.advance(1_001n);
    assert.equal(loaded.timed.get(1)?.fired, 6);
    assert.equal(kernel.world.now, started + 2001n);
  });

  it("goes on while calls take time on purpose", async () => {
    const kernel = createSimulatedKernel();
    const counts = hashMap("counts", u32, u32, 4);
    using loaded = await compileAndLoad(kernel, { counts });
    const before = kernel.world.now;
    using _ = kernel.inject({ command: "mapUpdateElem", latencyNs: 250n, times: 2 });
    for (const key of [1, 2, 3]) loaded.counts.set(key, 1);
    assert.equal(kernel.world.now - before, 500n);
  });
});

describe("what belongs to something", () => {
  it("has local storage for each task, which user space finds by its number", async () => {
    const Seen = struct("seen", { count: u32 });
    const seen = taskStorage("seen", Seen);
    const onSwitch = tpBtf("sched_switch", (_preempt, _before, next) => {
      "use bpf";
      const own = seen.getOrCreate(next, { count: 0 });
      if (own) own.count += 1;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { seen, onSwitch });
    loaded.attach();
    for (const pid of [5, 6, 5]) kernel.fire.rawTracepoint("sched_switch", [false, {}, { pid }, 0]);
    assert.deepEqual(loaded.seen.get(5), { count: 2 });
    assert.deepEqual(loaded.seen.get(6), { count: 1 });
    assert.equal(loaded.seen.get(7), undefined);
  });

  it("has stacks by number", async () => {
    const stacks = stackTraceMap("stacks", 4);
    const onStack = rawTracepoint("stack", (context) => {
      "use bpf";
      noted.value = u64(stacks.getId(context));
    });
    const kernel = kernelWith("stack");
    using loaded = await compileAndLoad(kernel, { noted, stacks, onStack });
    loaded.attach();
    const idOf = (kernelStack: readonly bigint[]): bigint => {
      kernel.world.task = { ...kernel.world.task, kernelStack };
      kernel.fire.rawTracepoint("stack");
      return BigInt.asIntN(64, loaded.noted.value);
    };
    assert.deepEqual([idOf([1n, 2n]), idOf([3n]), idOf([1n, 2n])], [0n, 1n, 0n]);
    assert.deepEqual(loaded.stacks.get(0), [1n, 2n]);
    assert.equal(idOf([]), -14n);
  });
});

describe("packets that are sent elsewhere", () => {
  it("go to interfaces of a map, or by its flags", async () => {
    const ports = devmap("ports", 4);
    const onPacket = xdp(() => {
      "use bpf";
      return ports.redirect(2, 1n);
    });
    const kernel = createSimulatedKernel();
    kernel.addInterface("eth0");
    using loaded = await compileAndLoad(kernel, { ports, onPacket });
    using _ = attachXdp(loaded.onPacket, "lo");
    assert.equal(kernel.fire.receive("lo", new Uint8Array(60)).verdict, "drop");
    loaded.ports.set(2, "eth0");
    const sent = kernel.fire.receive("lo", new Uint8Array(60));
    assert.deepEqual([sent.verdict, sent.redirect], ["redirect", 2]);
    assert.equal(loaded.ports.get(2)?.ifindex, 2);
    assert.equal(loaded.ports.get(1), undefined);
  });

  it("come to the socket that a program chooses", async () => {
    const listener = sockmap("listener", 1);
    const steer = skLookup((ctx) => {
      "use bpf";
      if (ctx.local_port !== 7007) return 1;
      const socket = listener.lookup(0);
      if (!socket) return 0;
      const error = bpf.skAssign(ctx, socket);
      bpf.skRelease(socket);
      return error === 0 ? 1 : 0;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { listener, steer });
    loaded.attach();
    assert.equal(kernel.fire.skLookup({ local_port: 80 }).verdict, "pass");
    assert.equal(kernel.fire.skLookup({ local_port: 7007 }).verdict, "drop");
    using socket = kernel.addSocket({ protocol: 6 });
    loaded.listener.set(0, socket);
    const found = kernel.fire.skLookup({ local_port: 7007 });
    assert.equal(found.verdict, "assigned");
    found.socket?.close();
  });

  it("have room made in them", async () => {
    const tag = tcx("egress", (ctx) => {
      "use bpf";
      bpf.skbVlanPush(ctx, 0x0081 as never, 42);
      return 0;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { tag });
    using _ = attachTcx(loaded.tag, "lo", { direction: "egress" });
    const packet = Uint8Array.from({ length: 20 }, (_, index) => index);
    const { packet: sent } = kernel.fire.send("lo", packet);
    assert.deepEqual(
      [...sent.subarray(0, 18)],
      [...packet.subarray(0, 12), 0x81, 0, 0, 42, 12, 13],
    );
    assert.equal(sent.length, 24);
  });
});
