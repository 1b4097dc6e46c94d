import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { mov } from "../asm/alu.ts";
import { assemble, type Item, label } from "../asm/assemble.ts";
import { atomicAdd } from "../asm/atomic.ts";
import { call, exit } from "../asm/call.ts";
import { jeq } from "../asm/jump.ts";
import { st, stx } from "../asm/memory.ts";
import { at, type Place } from "../asm/place.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { r0, r1, r10 } from "../isa/register.ts";
import { u32, u64 } from "../layout/integer.ts";
import { spinLock } from "../layout/opaque.ts";
import { struct } from "../layout/struct.ts";
import { createMap } from "../map/create.ts";
import type { BpfMap } from "../map/bpf-map.ts";
import { loadProgram } from "../program/load.ts";
import type { Program } from "../program/program.ts";
import { arrayMap, perCpuArrayMap } from "../spec/array-map.ts";
import { config, global } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { program } from "../spec/program.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needsMachine } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { entry, variableEntry } from "./entry.ts";
import { watchMap } from "./watch-map.ts";

const usable = needs("root", "bpf");
const kernel = kernelUnderTest();

/** Another process writes. */
const shared = needsMachine("second process");

/** Long enough for whoever is slow. */
const timeoutMs = 60_000;
const packet = { data: new Uint8Array(64) };

const key: Place = at(r10, -4);
const value: Place = at(r10, -16);

/** A program that does `body`, and uses `map`. */
function xdp(map: BpfMap, body: Item): Program {
  const instructions = assemble([body, label("out"), mov(r0, 0), exit()]);
  return loadProgram(kernel, program("xdp", instructions), new Map([[map.name, map.handle]]));
}

/** Adds 1 to element 0. */
const increment = (map: BpfMap): Item => [
  st("u32", r10, -4, 0),
  call("map_lookup_elem", map.spec, key),
  jeq(r0, 0, "out"),
  mov(r1, 1),
  atomicAdd("u64", r0, 0, r1),
];

/** Takes its time, so that user space gets at the element between two runs. */
const dawdle: Item = Array.from({ length: 40 }, () => call("ktime_get_ns"));

/** Stores 5 under key 7. */
const store = (map: BpfMap): Item => [
  st("u32", r10, -4, 7),
  mov(r1, 5),
  stx("u64", r10, -16, r1),
  call("map_update_elem", map.spec, key, value, 0),
];

describe("entry", usable, () => {
  it("replaces an element of a hash map, and creates it in one step", () => {
    using counts = createMap(kernel, hashMap("counts", u32, u64, 8));
    using count = entry(counts, 7);
    assert.equal(count.atomicity, "thread");
    assert.equal(count.compareAndSet(1n, 2n), false);
    assert.equal(count.compareAndSet(undefined, 1n), true);
    assert.equal(count.compareAndSet(undefined, 2n), false);
    assert.equal(count.compareAndSet(1n, 2n), true);
    assert.equal(
      count.update((before) => before! * 10n),
      20n,
    );
    assert.equal(counts.get(7), 20n);
    assert.equal(count.delete(), true);
    assert.equal(count.delete(), false);
  });

  it("reads and writes under the spin lock of a value", () => {
    const Account = struct("account", { lock: spinLock, count: u32, limit: u32 });
    for (const spec of [hashMap("accounts", u32, Account, 4), arrayMap("accounts", Account, 4)]) {
      using accounts = createMap(kernel, spec);
      using account = entry(accounts, 1, { lock: "locked" });
      account.set({ count: 1, limit: 9 });
      assert.equal(account.compareAndSet({ count: 2, limit: 9 }, { count: 0, limit: 0 }), false);
      account.update((before) => ({ ...before!, count: before!.count + 1 }));
      assert.deepEqual(account.get(), { count: 2, limit: 9 });
      assert.equal(account.atomicity, "thread");
    }
  });

  it("refuses the lock of values that have none", () => {
    using counts = createMap(kernel, hashMap("counts", u32, u64, 8));
    using count = entry(counts, 7, { lock: "locked" });
    assert.throws(() => count.set(1n));
  });

  it("has values per CPU of per-CPU maps", () => {
    using totals = createMap(kernel, perCpuArrayMap("totals", u64, 2));
    using total = entry(totals, 1);
    const ones = totals.cpus.map(() => 1n);
    assert.equal(total.compareAndSet(ones, ones), false);
    total.update((before) => before!.map((item) => item + 1n));
    assert.deepEqual(total.get(), ones);
  });

  it("cannot delete elements of arrays, nor replace what is frozen", () => {
    const flags = ["mmapable"] as const;
    using slots = createMap(kernel, arrayMap("slots", u32, { maxEntries: 2, flags }));
    using slot = entry(slots, 1);
    assert.equal(slot.atomicity, "machine");
    assert.equal(slot.compareAndSet(0, 5), true);
    assert.throws(() => slot.delete(), InvalidArgumentError);
    assert.throws(() => entry(slots, 2).set(1), InvalidArgumentError);
    slots.freeze();
    assert.equal(slot.atomicity, "thread");
    assert.throws(() => slot.compareAndSet(5, 6));
    assert.throws(() => slots.compareAndSet(1, 5, 6), InvalidArgumentError);
    assert.equal(slot.get(), 5);
  });

  it("loses nothing that programs write at the same time, in mapped memory", shared, async () => {
    const runs = 50_000;
    const flags = ["mmapable"] as const;
    using counts = createMap(kernel, arrayMap("counts", u64, { maxEntries: 1, flags }));
    using counting = xdp(counts, [dawdle, increment(counts)]);
    using count = entry(counts, 0);
    const file = fileURLToPath(new URL("testing-increments.ts", import.meta.url));
    const options = ["--conditions=@ts-ebpf/source", file, String(counting.id), String(runs)];
    const child = spawn(process.execPath, options, { stdio: "inherit" });
    const exited = once(child, "exit");
    // The loop goes on until all that the program added is there: as one write after the other, or never.
    const deadline = performance.now() + timeoutMs;
    let own = 0n;
    while (count.get()! - own < BigInt(runs) && performance.now() < deadline) {
      count.update((before) => before! + 1n);
      own += 1n;
    }
    assert.equal(count.get(), own + BigInt(runs));
    assert.deepEqual(await exited, [0, null]);
  });
});

describe("variableEntry", usable, () => {
  it("is the variable that programs see", () => {
    using limit = createMap(kernel, global("limit", u64, 5n));
    using reference = variableEntry(limit);
    assert.equal(reference.atomicity, "machine");
    assert.equal(
      reference.update((before) => before! + 1n),
      6n,
    );
    using counting = xdp(limit, increment(limit));
    counting.run({ ...packet, repeat: 10 });
    assert.equal(reference.get(), 16n);
  });

  it("cannot change what is constant", () => {
    using limit = createMap(kernel, config("limit", u32, 5));
    using reference = variableEntry(limit);
    assert.equal(reference.get(), 5);
    assert.throws(() => reference.compareAndSet(5, 6), InvalidArgumentError);
    assert.throws(() => limit.compareAndSet(5, 6), InvalidArgumentError);
    assert.throws(() => reference.set(6), InvalidArgumentError);
  });
});

describe("watching", usable, () => {
  it("sees what a program stores, and that it changes", async () => {
    using counts = createMap(kernel, hashMap("counts", u32, u64, 8));
    using storing = xdp(counts, store(counts));
    using count = entry(counts, 7, { intervalMs: 1 });
    const appears = count.appears({ timeoutMs });
    setImmediate(() => void storing.run(packet));
    assert.equal(await appears, 5n);
    const changed = count.changed({ timeoutMs, sequence: (value) => value });
    counts.set(7, 9n);
    assert.deepEqual(await changed, { kind: "changed", value: 9n, previous: 5n, missed: 3 });
  });

  it("sees the changes of a whole map", async () => {
    using counts = createMap(kernel, hashMap("counts", u32, u64, 8));
    using storing = xdp(counts, store(counts));
    counts.set(1, 1n);
    const changes = watchMap(counts, { intervalMs: 1, limit: 3, timeoutMs });
    storing.run(packet);
    const first = await changes.next();
    assert.deepEqual(first.value, { kind: "added", key: 7, value: 5n, previous: undefined });
    counts.delete(1);
    counts.set(7, 6n);
    const found = new Map<number, string>();
    for await (const { key, kind } of changes) found.set(key, kind);
    assert.deepEqual(
      found,
      new Map([
        [1, "removed"],
        [7, "changed"],
      ]),
    );
  });

  it("ends when the map is closed", async () => {
    const counts = createMap(kernel, hashMap("counts", u32, u64, 8));
    const appears = entry(counts, 7).appears({ timeoutMs });
    counts.close();
    assert.equal(await appears, undefined);
  });
});
