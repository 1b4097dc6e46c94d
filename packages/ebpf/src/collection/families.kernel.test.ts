import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { bpf } from "../lang/builtins/bpf.ts";
import { chars } from "../layout/chars.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import type { IteratorLink } from "../link/iterator.ts";
import { cgroupSockAddr, sockOps } from "../spec/cgroup.ts";
import { global } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { iter } from "../spec/iterator.ts";
import { perfEvent } from "../spec/perf-event.ts";
import { queueMap } from "../spec/queue-map.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { skMsg } from "../spec/socket-program.ts";
import { sockmap } from "../spec/sockmap.ts";
import { stackTraceMap } from "../spec/stack-trace-map.ts";
import { taskStorage } from "../spec/storage-map.ts";
import { rawTracepoint, tpBtf } from "../spec/tracepoint.ts";
import { uprobe } from "../spec/uprobe.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { needsMap } from "../testing/needs-map.ts";
import { needs } from "../testing/needs.ts";
import { connectedSockets, portOf } from "../testing/sockets.ts";
import { compileAndLoad } from "./load.ts";

const kernel = openNativeKernel();
const library = /\S+\/libc[.-]\S*so\S*/.exec(readFileSync("/proc/self/maps", "utf8"))![0];

const Exec = struct("exec", { pid: u32, comm: chars(16) });
const events = ringbuf("events", Exec, 1 << 16);
const seen = global("seen", u64, 0n);
const last = global("last", u32, 0);

describe("programs in TypeScript, of each family", needs("root", "bpf", "btf"), () => {
  it("BTF tracepoints", async () => {
    const onExec = tpBtf("sched_process_exec", (task) => {
      "use bpf";
      using event = events.reserve();
      if (!event) return 0;
      event.pid = task.tgid;
      event.comm = task.comm;
      events.submit(event);
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { events, onExec });
    tracer.attach();
    const { pid } = spawnSync("/bin/true");
    for await (const event of tracer.events.read({ timeoutMs: 60_000 })) {
      if (event.pid !== pid) continue;
      assert.equal(event.comm, "true");
      return;
    }
    assert.fail("no event of this process came in time");
  });

  it("raw tracepoints", async () => {
    const onExec = rawTracepoint("sched_process_exec", () => {
      "use bpf";
      seen.value += 1n;
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { seen, onExec });
    tracer.attach();
    spawnSync("/bin/true");
    assert.ok(tracer.seen.value > 0n);
  });

  it("samples, with stacks", async () => {
    const stacks = stackTraceMap("stacks", 1024);
    const samples = hashMap("samples", u32, u64, 1024);
    const sample = perfEvent(
      (ctx) => {
        "use bpf";
        const id = stacks.getId(ctx, 256);
        if (id < 0) return 0;
        const found = samples.lookup(id);
        if (found) found.value += 1n;
        else samples.update(id, 1n);
        return 0;
      },
      { event: "cpu_clock", frequencyHz: 999 },
    );
    using profiler = await compileAndLoad(kernel, { stacks, samples, sample });
    profiler.attach();
    const deadline = Date.now() + 60_000;
    while (profiler.samples.count() === 0) assert.ok(Date.now() < deadline);
    const [[id]] = [...profiler.samples] as [[number, bigint]];
    assert.ok(profiler.stacks.get(id)!.length > 0);
  });

  it("probes on user space", async () => {
    const values = queueMap("values", u64, 4096);
    const onCall = uprobe({ path: library, symbol: "getenv" }, () => {
      "use bpf";
      values.push(bpf.getCurrentPidTgid(), "exist");
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { values, onCall });
    tracer.attach();
    // Others call it as well, and may take the place of what was seen.
    const deadline = Date.now() + 60_000;
    const isSeen = (): boolean => {
      const { pid } = spawnSync("bash", ["-c", "true"]);
      return [...tracer.values.drain()].some((value) => Number(value >> 32n) === pid);
    };
    while (!isSeen()) assert.ok(Date.now() < deadline, "no call was seen");
  });

  it("control groups", needs("cgroup2"), async () => {
    using group = makeCgroup();
    await using server = createServer((socket) => socket.destroy());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const onConnect = cgroupSockAddr(
      "connect4",
      (ctx) => {
        "use bpf";
        last.value = ctx.user_port;
        return 1;
      },
      { cgroup: group.folder },
    );
    const onEvent = sockOps(
      () => {
        "use bpf";
        seen.value += 1n;
        return 1;
      },
      { cgroup: group.folder },
    );
    using filter = await compileAndLoad(kernel, { last, seen, onConnect, onEvent });
    filter.attach();
    const port = portOf(server);
    assert.equal(group.run(`exec 3<>/dev/tcp/127.0.0.1/${port}`), 0);
    assert.equal(filter.last.value, ((port & 0xff) << 8) | (port >> 8));
    assert.ok(filter.seen.value > 0n);
  });

  it("messages of sockets", async () => {
    const sockets = sockmap("sockets", 2);
    const look = skMsg(
      (msg) => {
        "use bpf";
        last.value = msg.size;
        return 1;
      },
      { map: sockets },
    );
    await using pair = await connectedSockets();
    using proxy = await compileAndLoad(kernel, { last, sockets, look });
    proxy.attach();
    proxy.sockets.set(0, pair.client.descriptor);
    pair.client.socket.write("hello");
    await once(pair.server.socket, "data");
    assert.equal(proxy.last.value, 5);
  });

  it("iterators, with storage of tasks", needsMap("task_storage"), async () => {
    const state = taskStorage("state", u64);
    const walk = iter("task", (ctx) => {
      "use bpf";
      const task = ctx.task;
      if (!task) return 0;
      const own = state.getOrCreate(task);
      if (own) own.value += 1n;
      seen.value += 1n;
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { seen, walk });
    tracer.attach();
    (tracer.links.get("walk") as IteratorLink).text();
    assert.ok(tracer.seen.value > 10n);
  });
});
