/**
 * Functions of programs that the kernel calls back.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { s64, struct, timer, u32, u64 } from "../../layout/index.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { hashMap } from "../../spec/hash-map.ts";
import * as builtins from "../builtins/index.ts";
import { assertReturned, modes, runWithMaps, testVersion } from "./testing-run.ts";
import { testFunction } from "./testing.ts";

describe("functions that are called back", needs("bpf"), () => {
  const check = assertReturned;

  it("are bodies of loops, which change what is around them", needsLinux(5, 17), () => {
    const sum = `(ctx) => {
      let sum = 0;
      const step = u32(ctx.args[1]);
      const turns = loop(u32(ctx.args[0]), (i) => {
        if (i === 100) return true;
        sum += i * step;
      });
      return sum * 1000 + turns;
    }`;
    check(sum, 10 * 1000 + 5, { given: [5n, 1n] });
    check(sum, 90 * 1000 + 10, { given: [10n, 2n] });
    check(sum, 4950 * 1000 + 101, { given: [1000n, 1n] });
    check(sum, 0, { given: [0n, 1n] });
    check("(ctx) => loop(s32(ctx.args[0]), () => {})", 0, { given: [-1n] });
    check("(ctx) => loop(s32(ctx.args[0]), () => {})", -7, { given: [9_000_000n] });
  });

  it("take objects in memory, pointers and bigints from around them", needsLinux(5, 17), () => {
    const counts = hashMap("counts", u32, u64, 8);
    const Pair = struct("pair", { left: u32, right: u64 });
    const text = `(ctx) => {
      counts.update(3, 1n);
      const found = counts.lookup(3);
      if (!found) return -1;
      const pair = Pair({ left: 1 });
      let total = 0n;
      loop(4, (i) => {
        pair.left += i;
        pair.right = u64(pair.left);
        found.value += 2n;
        total += found.value + pair.right;
      });
      return Number(total) * 100 + pair.left + Number(found.value);
    }`;
    // found: 3 5 7 9, left: 1 2 4 7
    check(text, (24 + 14) * 100 + 7 + 9, { scope: { counts, Pair } });
  });

  it("are functions with a name, too", needsLinux(5, 17), () => {
    const total = hashMap("total", u32, u64, 1);
    const each = testFunction(
      `(i) => { const t = total.lookup(0); if (t) t.value += u64(i); return i === 7; }`,
      { total, u64 },
      "each",
    );
    const text = `() => {
      total.update(0, 1n);
      const turns = loop(20, each) + loop(2, each);
      const t = total.lookup(0);
      return t ? turns * 100 + Number(t.value) : -1;
    }`;
    check(text, 1000 + 28 + 1 + 1, { scope: { total, each } });
  });

  it("are the bodies of ranges before Linux 6.4", needsLinux(5, 17), () => {
    const text = `(ctx) => {
      let n = 0;
      const end = u32(ctx.args[0]);
      outer: for (const i of range(2, end)) {
        if (i === 5) continue;
        if (i === 100) break;
        for (const j of range(end)) {
          if (j === 3) continue outer;
          n += j;
        }
        n += 1000 * i;
      }
      return n;
    }`.replace("continue outer", "break");
    for (const optimize of modes) {
      for (const kernelVersion of [5017, 6003, testVersion()]) {
        const run = (end: bigint): number =>
          runWithMaps(text, { scope: builtins, optimize, given: [end], kernelVersion }).returned;
        assert.equal(run(4n), 5000 + 3 * 2);
        assert.equal(run(1n), 0);
        assert.equal(run(7n), (2 + 3 + 4 + 6) * 1000 + 3 * 4);
        assert.equal(run(1000n), ((99 * 100) / 2 - 1 - 5) * 1000 + 3 * 97);
      }
    }
  });

  it("are the bodies of ranges that start anywhere", needsLinux(5, 17), () => {
    const text = `(ctx) => {
      let n = 0;
      const from = s32(ctx.args[0]);
      const end = s32(ctx.args[1]);
      for (const i of range(from, end)) {
        for (const j of range(i, end)) {
          if (j === 9) break;
          n += j * 10;
        }
        n += i - from;
      }
      return n;
    }`;
    const expected = (from: number, end: number): number => {
      let sum = 0;
      for (let i = from; i < end; i++) {
        for (let j = i; j < end && j !== 9; j++) sum += j * 10;
        sum += i - from;
      }
      return sum;
    };
    for (const optimize of modes) {
      for (const kernelVersion of [5017, testVersion()]) {
        for (const [from, end] of [
          [2, 5],
          [-3, 12],
          [5, 5],
          [7, -7],
        ] as const) {
          const given = [BigInt(from), BigInt(end)];
          const options = { scope: builtins, optimize, given, kernelVersion };
          assert.equal(runWithMaps(text, options).returned | 0, expected(from, end));
        }
      }
    }
  });

  it("nest", needsLinux(5, 17), () => {
    const text = `(ctx) => {
      let n = 0;
      loop(u32(ctx.args[0]), (i) => {
        loop(3, (j) => {
          if (j > i) return 1;
          n += 10 * i + j;
          return 0;
        });
      });
      return n;
    }`;
    check(text, 0 + 10 + 11 + 20 + 21 + 22, { given: [3n] });
  });

  it("visit the elements of a map", needsLinux(5, 13), () => {
    const Key = struct("key", { a: u32, b: u32 });
    const Value = struct("value", { n: s64, seen: u32 });
    const things = hashMap("things", Key, Value, 8);
    const text = `() => {
      things.update({ a: 1, b: 2 }, { n: 5n, seen: 0 });
      things.update({ a: 3, b: 4 }, { n: -7n, seen: 0 });
      let [] = [];
      let keys = 0;
      let sum = 0n;
      const visited = bpf.forEachMapElem(things, (map, key, value) => {
        keys += key.a * 10 + key.b;
        sum += value.n;
        value.seen += 1;
        const same = map.lookup(key);
        if (same) same.seen += 1;
        return 0;
      });
      const one = things.lookup({ a: 3, b: 4 });
      return visited * 10000 + keys * 100 + Number(sum) + (one ? one.seen : 0);
    }`.replace("let [] = [];", "");
    check(text, 2 * 10000 + 46 * 100 - 2 + 2, { scope: { things } });
    const simple = hashMap("simple", u32, u64, 8);
    const Context = struct("context", { sum: u64 });
    const add = testFunction(
      "(_map, key, value, context) => { context.sum += value.value * u64(key); return 0; }",
      { u64 },
      "add",
    );
    const withContext = `() => {
      simple.update(2, 5n);
      simple.update(3, 7n);
      const context = Context({});
      bpf.forEachMapElem(simple, add, context);
      return Number(context.sum);
    }`;
    check(withContext, 31, { scope: { simple, Context, add } });
  });

  it("run when a timer says so", needsLinux(5, 15), () => {
    const Value = struct("value", { timer, fired: u32 });
    const values = arrayMap("values", Value, 1);
    const text = `() => {
      const value = values.lookup(0);
      if (!value) return -1;
      if (bpf.timerInit(value.timer, values, 1)) return -2;
      bpf.timerSetCallback(value.timer, (_map, key, element) => {
        element.fired += 1 + key;
      });
      return bpf.timerStart(value.timer, 1_000_000_000n);
    }`;
    const program = { type: "sched_cls", target: { kind: "none" } } as const;
    for (const optimize of modes) {
      const input = { data: new Uint8Array(64) };
      const scope = { ...builtins, values };
      assert.equal(runWithMaps(text, { scope, optimize, program, input }).returned, 0);
    }
  });
});
