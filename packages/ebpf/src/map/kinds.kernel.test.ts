import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "../asm/assemble.ts";
import { mov } from "../asm/alu.ts";
import { exit } from "../asm/call.ts";
import { littleEndian } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { r0 } from "../isa/register.ts";
import { ExistsError, NotFoundError } from "../kernel/errors.ts";
import { ipv4Prefix } from "../layout/address/prefix.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { loadProgram } from "../program/load.ts";
import { arrayMap } from "../spec/array-map.ts";
import { cgroupArray } from "../spec/cgroup-array.ts";
import { config, global, globalSpec } from "../spec/global-spec.ts";
import { hashMap, lruPerCpuHashMap } from "../spec/hash-map.ts";
import { lpmTrie } from "../spec/lpm-trie.ts";
import { arrayOfMaps, hashOfMaps } from "../spec/map-of-maps.ts";
import { progArray } from "../spec/prog-array.ts";
import { program } from "../spec/program.ts";
import { bloomFilter, queueMap, stackMap } from "../spec/queue-map.ts";
import { cpumap, devmap, devmapHash, xskmap } from "../spec/redirect-map.ts";
import { sockhash, sockmap } from "../spec/sockmap.ts";
import { stackTraceMap } from "../spec/stack-trace-map.ts";
import { cgroupStorage, skStorage, taskStorage } from "../spec/storage-map.ts";
import { isSimulated, kernelUnderTest } from "../testing/kernel-under-test.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { needs } from "../testing/needs.ts";
import { needsMap } from "../testing/needs-map.ts";
import { createMap } from "./create.ts";
import { GlobalVariable } from "./global-variable.ts";
import { connectedSockets } from "../testing/sockets.ts";

const usable = needs("root", "bpf");
const kernel = kernelUnderTest();
/** Kinds of maps that the simulated kernel does not have. */
const nativeOnly = isSimulated() ? { skip: "not simulated" } : usable;

describe("queues and stacks", usable, () => {
  const check = (spec: Parameters<typeof createMap>[1], expected: readonly number[]): void => {
    using map = createMap(kernel, spec) as ReturnType<
      typeof createMap<ReturnType<typeof queueMap<number>>>
    >;
    assert.equal(map.pop(), undefined);
    for (const value of [1, 2, 3]) assert.ok(map.push(value));
    assert.equal(map.push(4), false);
    assert.equal(map.peek(), expected[0]);
    assert.deepEqual([...map.drain()], expected);
    assert.equal(map.peek(), undefined);
  };

  it("give back the oldest value first", () => check(queueMap("q", u32, 3), [1, 2, 3]));
  it("give back the newest value first", () => check(stackMap("s", u32, 3), [3, 2, 1]));
  it("make room when asked to", () => {
    using map = createMap(kernel, queueMap("q", u64, 2));
    for (const value of [1n, 2n, 3n]) assert.ok(map.push(value, { mode: "exist" }));
    assert.deepEqual([...map.drain()], [2n, 3n]);
  });
});

describe("a Bloom filter", needsMap("bloom_filter"), () => {
  it("knows what was added, and hardly anything else", () => {
    using filter = createMap(kernel, bloomFilter("seen", u64, { maxEntries: 100, hashes: 7 }));
    for (let value = 0n; value < 100n; value++) filter.add(value);
    for (let value = 0n; value < 100n; value++) assert.ok(filter.mayHave(value));
    const wrong = Array.from({ length: 1000 }, (_, n) => BigInt(n + 1000)).filter((value) =>
      filter.mayHave(value),
    );
    assert.ok(wrong.length < 100, `${wrong.length} of 1000 are wrong`);
    assert.equal(filter.info().mapExtra, 7n);
  });
});

describe("a trie", usable, () => {
  it("finds the longest prefix", () => {
    using routes = createMap(kernel, lpmTrie("routes", ipv4Prefix, u32, 8));
    routes.set("10.0.0.0/8", 1);
    routes.set("10.1.0.0/16", 2);
    assert.equal(routes.get("10.1.2.3/32"), 2);
    assert.equal(routes.get("10.9.2.3/32"), 1);
    assert.equal(routes.get("11.0.0.1/32"), undefined);
    assert.equal(routes.count(), 2);
    assert.equal(routes.delete("10.1.0.0/16"), true);
    assert.equal(routes.get("10.1.2.3/32"), 1);
    assert.equal(routes.clear(), 1);
  });
});

describe("a per-CPU hash that drops old elements", usable, () => {
  it("keeps the newest ones", () => {
    using map = createMap(kernel, lruPerCpuHashMap("recent", u32, u64, 64));
    for (let key = 0; key < 1000; key++) map.setAll(key, BigInt(key));
    assert.ok(map.count() <= 64);
    assert.deepEqual(new Set(map.get(999)), new Set([999n]));
  });
});

describe("variables", usable, () => {
  const Limits = struct("limits", { low: u32, high: u64 });

  it("have their initial value, and are shared", () => {
    using limits = createMap(kernel, global("limits", Limits, { low: 1, high: 2n }));
    assert.deepEqual({ ...limits.value }, { low: 1, high: 2n });
    limits.value = { low: 3, high: 4n };
    assert.deepEqual({ ...limits.value }, { low: 3, high: 4n });
    const value = new Uint8Array(16);
    kernel.bpf("mapLookupElem", { map: limits.handle, key: new Uint8Array(4), value });
    assert.deepEqual({ ...Limits.read(new DataView(value.buffer), 0) }, { low: 3, high: 4n });
  });

  it("of kind config are set before loading and constant after it", () => {
    const spec = config("target", u32, 5);
    assert.equal(spec.value, 5);
    spec.value = 7;
    using target = createMap(kernel, spec);
    assert.equal(target.value, 7);
    assert.equal(spec.initial, 5);
    assert.throws(() => (target.value = 8), InvalidArgumentError);
    assert.throws(() =>
      kernel.bpf("mapUpdateElem", {
        map: target.handle,
        key: new Uint8Array(4),
        value: new Uint8Array(4),
      }),
    );
  });

  it("are compared and set in one step where they lie at a multiple of their size", () => {
    using section = createMap(kernel, global("section", u64, 0n));
    const at = (offset: number): GlobalVariable<number> => {
      const within = { section: ".data", offset, size: 8, map: "section" };
      const spec = globalSpec("global", { name: "half", layout: u32, initial: 0, within });
      return new GlobalVariable({ kernel, spec, handle: section.handle.duplicate() });
    };
    using even = at(4);
    using odd = at(2);
    assert.deepEqual([even.atomic, odd.atomic], [true, false]);
    assert.equal(even.compareAndSet(0, 5), true);
    assert.throws(() => odd.compareAndSet(0, 5), InvalidArgumentError);
    const value = littleEndian ? 5n << 32n : 5n;
    assert.equal(section.value, value);
  });

  it("say so when they are closed", () => {
    const counter = createMap(kernel, global("counter", u64, 0n));
    counter.close();
    assert.throws(() => counter.value, /counter.* is closed|closed.*counter/);
  });
});

describe("an array of programs", usable, () => {
  it("holds programs by index", () => {
    using map = createMap(kernel, progArray("next", 4));
    const code = assemble([mov(r0, 7), exit()]);
    using loaded = loadProgram(kernel, program("socket_filter", code, { name: "seven" }));
    assert.equal(map.get(1), undefined);
    map.set(1, loaded);
    assert.equal(map.get(1), loaded.id);
    assert.equal(map.delete(1), true);
    assert.equal(map.delete(1), false);
    assert.deepEqual([...map.keys()], [0, 1, 2, 3]);
    using other = loadProgram(kernel, program("xdp", code));
    map.set(0, loaded);
    assert.throws(() => map.set(2, other));
  });
});

describe("maps to send packets through", nativeOnly, () => {
  it("hold interfaces", () => {
    using devices = createMap(kernel, devmap("devices", 4));
    using more = createMap(kernel, devmapHash("more", 4));
    const loopback = kernel.interfaceIndex("lo");
    devices.set(2, "lo");
    more.set(77, loopback);
    assert.deepEqual({ ...devices.get(2) }, { ifindex: loopback, programId: 0 });
    assert.deepEqual([...more.keys()], [77]);
    assert.equal(devices.get(1), undefined);
    assert.throws(() => devices.set(0, "no_such_one"), NotFoundError);
    assert.equal(more.delete(77), true);
  });

  it("hold CPUs", () => {
    using cpus = createMap(kernel, cpumap("cpus", 4));
    assert.equal(cpus.get(0), undefined);
    cpus.set(0, 192);
    assert.deepEqual({ ...cpus.get(0) }, { queueSize: 192, programId: 0 });
  });

  it("want AF_XDP sockets where they hold those", () => {
    using sockets = createMap(kernel, xskmap("xsks", 4));
    using devices = createMap(kernel, devmap("devices", 4));
    assert.throws(() => sockets.set(0, devices.handle));
  });
});

describe("maps of sockets", nativeOnly, () => {
  it("hold connected sockets", async () => {
    await using pair = await connectedSockets();
    using map = createMap(kernel, sockmap("socks", 4));
    map.set(1, pair.client.descriptor);
    const cookie = map.get(1);
    assert.ok(cookie !== undefined && cookie > 0n);
    assert.equal(map.get(0), undefined);
    assert.throws(() => map.set(1, pair.server.descriptor, { mode: "noexist" }), ExistsError);
    assert.equal(map.delete(1), true);
  });

  it("hold them by key", async () => {
    await using pair = await connectedSockets();
    const Pair = struct("pair", { from: u32, to: u32 });
    using map = createMap(kernel, sockhash("socks", Pair, 4));
    map.set({ from: 1, to: 2 }, pair.server.descriptor);
    assert.deepEqual(
      [...map.keys()].map((key) => ({ ...key })),
      [{ from: 1, to: 2 }],
    );
  });
});

describe("local storage", nativeOnly, () => {
  it("belongs to a socket", async () => {
    await using pair = await connectedSockets();
    using map = createMap(kernel, skStorage("marks", struct("mark", { value: u32 })));
    const { descriptor } = pair.client;
    assert.equal(map.get(descriptor), undefined);
    map.set(descriptor, { value: 9 });
    assert.deepEqual({ ...map.get(descriptor) }, { value: 9 });
    assert.equal(map.get(pair.server.descriptor), undefined);
    assert.equal(map.delete(descriptor), true);
    assert.equal(map.delete(descriptor), false);
  });

  it("belongs to a control group", needs("cgroup2", "cgroup-storage"), () => {
    using group = makeCgroup();
    using owner = kernel.openPath(group.folder);
    using map = createMap(kernel, cgroupStorage("budgets", u64));
    map.set(owner, 5n);
    assert.equal(map.get(owner), 5n);
  });

  it("can be made for tasks", needsMap("task_storage"), () =>
    createMap(kernel, taskStorage("state", u64)).close(),
  );
});

describe("an array of control groups", needs("root", "bpf", "cgroup2"), () => {
  it("holds groups by index", () => {
    using group = makeCgroup();
    using groups = createMap(kernel, cgroupArray("groups", 2));
    groups.set(0, group.folder);
    assert.equal(groups.delete(0), true);
    assert.equal(groups.delete(0), false);
    assert.throws(() => groups.set(0, "/no/such/folder"), NotFoundError);
  });
});

describe("stack traces", nativeOnly, () => {
  it("start empty", () => {
    using map = createMap(kernel, stackTraceMap("stacks", { maxEntries: 16, depth: 20 }));
    assert.equal(map.get(3), undefined);
    assert.deepEqual([...map.keys()], []);
    assert.equal(map.info().valueSize, 160);
  });
});

describe("maps of maps", usable, () => {
  const inner = hashMap("inner", u32, u64, 8);

  it("hold maps like the inner one", () => {
    using outer = createMap(kernel, arrayOfMaps("outer", inner, 2));
    using one = createMap(kernel, inner);
    using unlike = createMap(kernel, arrayMap("unlike", u64, 8));
    outer.set(1, one);
    assert.equal(outer.get(1), one.id);
    assert.equal(outer.get(0), undefined);
    assert.throws(() => outer.set(0, unlike));
    using again = outer.open(1);
    assert.equal(again?.id, one.id);
  });

  it("are found by key", () => {
    using outer = createMap(kernel, hashOfMaps("outer", { key: u64, inner }, 2));
    using one = createMap(kernel, inner);
    outer.set(5n, one);
    assert.deepEqual([...outer.keys()], [5n]);
  });
});
