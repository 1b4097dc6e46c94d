/**
 * Maps, structs, events and helpers in programs of TypeScript, run by the kernel.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { array, chars, s32, struct, u16, u32, u64, u8 } from "../../layout/index.ts";
import { arrayMap, perCpuArrayMap } from "../../spec/array-map.ts";
import { config, global } from "../../spec/global-spec.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { ringbuf } from "../../spec/ringbuf.ts";
import * as atomics from "../builtins/atomic.ts";
import { bpf } from "../builtins/bpf.ts";
import { modes, runWithMaps, testVersion } from "./testing-run.ts";

describe("maps in programs", needs("bpf"), () => {
  const counts = hashMap("counts", u32, u64, 16);

  it("count in elements", () => {
    for (const optimize of modes) {
      const text = `(ctx) => {
        const key = u32(ctx.args[0]);
        const found = counts.lookup(key);
        if (found) { found.value += 5n; return 1; }
        counts.update(key, 7n);
        return 0;
      }`;
      const run = runWithMaps(text, { scope: { counts }, optimize, repeat: 3, given: [42n] });
      assert.equal(run.returned, 1);
      assert.deepEqual(run.elements("counts"), [[42, 17n]]);
    }
  });

  it("take structs as keys and values, zeros where nothing is said", () => {
    const Key = struct("key", { pid: u32, flag: u8, name: chars(6) });
    const Value = struct("value", { count: u64, low: u16, list: array(u8, 4) });
    const seen = hashMap("seen", Key, Value, 16);
    for (const optimize of modes) {
      const text = `(ctx) => {
        const pid = u32(ctx.args[0]);
        seen.update(Key({ pid, name: "abc" }), { count: 3n, low: 9 }, "noexist");
        const v = seen.lookup({ pid, name: "abc" });
        if (!v) return -1;
        v.list[2] = 7;
        v.list[u32(ctx.args[1])] = 8;
        v.list[u32(ctx.args[2])] = 9;
        v.count--;
        return v.list[u32(ctx.args[1])] + v.list[u32(ctx.args[2])] + v.low;
      }`;
      const run = runWithMaps(text, { scope: { Key, seen }, optimize, given: [5n, 1n, 9n] });
      assert.equal(run.returned, 17);
      const value = { count: 2n, low: 9, list: [0, 8, 7, 0] };
      assert.deepEqual(run.elements("seen"), [[{ pid: 5, flag: 0, name: "abc" }, value]]);
    }
  });

  it("narrow by every kind of check", () => {
    const check = (body: string, expected: number): void => {
      for (const optimize of modes) {
        const run = runWithMaps(`(ctx) => { ${body} }`, { scope: { counts }, optimize, repeat: 1 });
        assert.equal(run.returned | 0, expected, body);
      }
    };
    check("return Number(counts.lookup(1)?.value ?? 9n);", 9);
    check("const v = counts.lookup(1); return v !== undefined && v.value > 0n ? 1 : 2;", 2);
    check("const v = counts.lookup(1); if (v === undefined) return 3; return Number(v.value);", 3);
    check(
      "counts.update(1, 4n); const v = counts.lookup(1); if (!v) return 0; return Number(v.value);",
      4,
    );
    check(
      "counts.update(1, 4n); let v = counts.lookup(2); if (!v) v = counts.lookup(1); if (!v) return 0; return Number(v.value);",
      4,
    );
    check("counts.update(1, 4n); return counts.delete(1) === 0 && !counts.lookup(1) ? 1 : 0;", 1);
  });

  it("change in one step", () => {
    const slots = arrayMap("slots", struct("slot", { a: u64, b: u32, c: s32 }), 2);
    const text = `(ctx) => {
      const v = slots.lookup(0);
      if (!v) return -1;
      atomic(v).a += 2n;
      atomic(v).c -= 3;
      return Number(v.a) * 10 + v.c;
    }`;
    for (const optimize of modes) {
      const run = runWithMaps(text, { scope: { slots, ...atomics }, optimize });
      assert.equal(run.returned | 0, 17);
      assert.deepEqual(run.elements("slots")[0], [0, { a: 2n, b: 0, c: -3 }]);
    }
  });

  it("change in one step that tells what was there", needsLinux(5, 12), () => {
    const slots = arrayMap("slots", struct("slot", { a: u64, b: u32, c: s32 }), 2);
    const text = `(ctx) => {
      const v = slots.lookup(0);
      if (!v) return -1;
      atomic(v).a += 2n;
      atomic(v).b |= 6;
      const before = fetchAdd(v, "c", -3);
      const old = exchange(v, "b", 9);
      const kept = compareExchange(v, "a", 2n, 100n);
      return before * 100 + old * 10 + u32(kept);
    }`;
    for (const optimize of modes) {
      const run = runWithMaps(text, { scope: { slots, ...atomics }, optimize });
      assert.equal(run.returned | 0, 62);
      assert.deepEqual(run.elements("slots")[0], [0, { a: 100n, b: 9, c: -3 }]);
    }
  });

  it("share variables with user space", () => {
    const limit = config("limit", u32, 10);
    const total = global("total", u64, 5n);
    const text = "(ctx) => { total.value += u64(limit.value); return limit.value; }";
    for (const optimize of modes) {
      const run = runWithMaps(text, { scope: { limit, total }, optimize });
      assert.equal(run.returned, 10);
      assert.equal(run.global("total"), 15n);
    }
  });

  it("send events", () => {
    const Event = struct("event", { pid: u32, comm: chars(16), text: chars(8) });
    const events = ringbuf("events", Event, 4096);
    const text = `(ctx) => {
      using e = events.reserve();
      if (!e) return 1;
      if (u32(ctx.args[0]) === 2) return 2;
      e.pid = u32(bpf.getCurrentPidTgid() >> 32n);
      e.comm = bpf.getCurrentComm();
      e.text = e.comm.startsWith("node") ? 1 === 1 ? "yes" : "no" : "no";
      events.submit(e);
      return 0;
    }`.replace('e.comm.startsWith("node") ? 1 === 1 ? "yes" : "no" : "no"', '"hello"');
    for (const optimize of modes) {
      const run = runWithMaps(text, { scope: { events, bpf }, optimize, given: [0n], repeat: 2 });
      assert.equal(run.returned, 0);
      const comm = run.events("events").map((event) => (event as { comm: string }).comm);
      assert.equal(comm.length, 2);
      const none = runWithMaps(text, { scope: { events, bpf }, optimize, given: [2n] });
      assert.equal(none.returned, 2);
      assert.equal(none.events("events").length, 0);
    }
  });

  it("give events back on every way, whether verifiers know them or not", () => {
    const events = ringbuf("events", struct("event", { n: u32 }), 4096);
    const text = `(ctx) => {
      using e = events.reserve();
      if (e === undefined) return 1;
      let other = events.reserve();
      const now = bpf.ktimeGetNs();
      if (!other) return 2;
      e.n = 1;
      other.n = 2;
      if (ctx.args[0] === 3n) {
        events.submit(e);
      }
      if (ctx.args[0] === 4n) {
        events.discard(other);
        return now > 0n ? 3 : 4;
      }
      events.submit(other);
      other = undefined;
      return other ? 6 : 5;
    }`;
    for (const optimize of modes) {
      for (const kernelVersion of [5008, testVersion()]) {
        const given = (word: bigint): unknown[] => {
          const scope = { events, bpf };
          const run = runWithMaps(text, { scope, optimize, kernelVersion, given: [word] });
          return [run.returned, ...run.events("events").map((event) => (event as { n: number }).n)];
        };
        assert.deepEqual(given(3n), [5, 1, 2]);
        assert.deepEqual(given(4n), [3]);
        assert.deepEqual(given(0n), [5, 2]);
      }
    }
  });

  it("compare text", () => {
    const Name = struct("name", { comm: chars(16), other: chars(8) });
    const names = arrayMap("names", Name, 1);
    const text = `(ctx) => {
      const v = names.lookup(0);
      if (!v) return -1;
      v.comm = "abcdefghij";
      v.other = v.comm;
      let score = 0;
      if (v.comm === "abcdefghij") score += 1;
      if (v.comm === "abcdefghi") score += 2;
      if (v.comm.startsWith("abcdefghi")) score += 4;
      if (v.comm.startsWith("b")) score += 8;
      if (v.other === "abcdefg") score += 16;
      if (v.comm !== "a") score += 32;
      if (v.comm) score += 64;
      const comm = bpf.getCurrentComm();
      if (comm !== "" && !comm.startsWith("zzz")) score += 128;
      return score;
    }`;
    for (const optimize of modes) {
      const run = runWithMaps(text, { scope: { names, bpf }, optimize });
      assert.equal(run.returned, 1 + 4 + 16 + 32 + 64 + 128);
    }
  });

  it("are per CPU where they say so", () => {
    const perCpu = perCpuArrayMap("per_cpu", u64, 1);
    const text = `(ctx) => {
      const mine = perCpu.lookup(0);
      if (!mine) return -1;
      mine.value += 2n;
      return Number(mine.value);
    }`;
    for (const optimize of modes) {
      assert.equal(runWithMaps(text, { scope: { perCpu }, optimize }).returned, 2);
    }
  });

  it("are those of other CPUs, too", needsLinux(5, 19), () => {
    const perCpu = perCpuArrayMap("per_cpu", u64, 1);
    const text = `(ctx) => {
      const mine = perCpu.lookup(0);
      if (!mine) return -1;
      mine.value += 2n;
      const same = perCpu.lookupPercpu(0, bpf.getSmpProcessorId());
      return same ? Number(same.value) : -2;
    }`;
    for (const optimize of modes) {
      assert.equal(runWithMaps(text, { scope: { perCpu, bpf }, optimize }).returned, 2);
    }
  });
});
