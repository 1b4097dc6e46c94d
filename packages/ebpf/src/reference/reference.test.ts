import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { u16, u32, u64 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { struct } from "../layout/struct.ts";
import { createMap } from "../map/create.ts";
import { arrayMap, perCpuArrayMap } from "../spec/array-map.ts";
import { global } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { stopClock } from "../stream/testing-clock.ts";
import { entry, variableEntry } from "./entry.ts";
import type { ReferableMap } from "./map-cell.ts";
import { ContendedError } from "./reference.ts";
import { memoryKernel } from "./testing-memory-kernel.ts";
import { RefusedValueError, type Validator } from "./validator.ts";

const kernel = memoryKernel();
const counts = () => createMap(kernel, hashMap("counts", u32, u64, 8));
const Pair = struct("pair", { left: u32, right: u32 });

/** Whoever else writes, once: before the next update. */
function meanwhile(write: () => void): void {
  kernel.onUpdate = () => {
    kernel.onUpdate = undefined;
    write();
  };
}

describe("entry", () => {
  it("gets, sets and deletes", () => {
    using count = entry(counts(), 7);
    assert.equal(count.get(), undefined);
    assert.equal(count.delete(), false);
    count.set(3n);
    assert.equal(count.get(), 3n);
    assert.equal(count.delete(), true);
    assert.equal(count.get(), undefined);
  });

  it("updates from what is there, and from nothing", () => {
    using count = entry(counts(), 7);
    assert.equal(
      count.update((value = 40n) => value + 1n),
      41n,
    );
    assert.equal(
      count.update((value = 0n) => value + 1n),
      42n,
    );
    assert.equal(count.get(), 42n);
  });

  it("updates again when somebody else creates or deletes the element meanwhile", () => {
    const map = counts();
    using count = entry(map, 7);
    meanwhile(() => map.set(7, 10n));
    assert.equal(
      count.update((value = 0n) => value + 1n),
      11n,
    );
    meanwhile(() => void map.delete(7));
    assert.equal(
      count.update((value = 0n) => value + 1n),
      1n,
    );
  });

  it("gives up when the value never stands still", () => {
    const map = counts();
    using count = entry(map, 7);
    let other = 0n;
    const error = { name: "ContendedError", code: "CONTENDED" };
    const change = (value = 0n) => {
      map.set(7, ++other);
      return value + 1n;
    };
    assert.throws(() => count.update(change), error);
    assert.throws(() => count.update(change), ContendedError);
  });

  it("replaces only what is expected", () => {
    using count = entry(counts(), 7);
    assert.equal(count.compareAndSet(1n, 2n), false);
    assert.equal(count.compareAndSet(undefined, 1n), true);
    assert.equal(count.compareAndSet(undefined, 5n), false);
    assert.equal(count.compareAndSet(2n, 5n), false);
    assert.equal(count.compareAndSet(1n, 2n), true);
    assert.equal(count.get(), 2n);
  });

  it("compares structs by what lies in memory", () => {
    using pair = entry(createMap(kernel, hashMap("pairs", u32, Pair, 8)), 1);
    pair.set({ left: 1, right: 2 });
    assert.equal(pair.compareAndSet({ left: 1, right: 3 }, { left: 0, right: 0 }), false);
    assert.equal(pair.compareAndSet({ right: 2, left: 1 }, { left: 5, right: 6 }), true);
    assert.deepEqual(pair.get(), { left: 5, right: 6 });
  });

  it("stores only what its validators let through", () => {
    const small: Validator<bigint> = (value) => value < 10n || `${value} is 10 or more`;
    const even: Validator<bigint> = (value) => value % 2n === 0n;
    using count = entry(counts(), 7, { validators: [small, even] });
    const check = (store: () => unknown, message: RegExp) => {
      assert.throws(
        store,
        (error) => error instanceof RefusedValueError && message.test(error.message),
      );
      assert.equal(count.get(), 4n);
    };
    count.set(4n);
    check(() => count.set(12n), /key 7 of map "counts": 12 is 10 or more$/);
    check(() => count.set(5n), /refused the value for key 7 of map "counts"$/);
    check(() => count.update((value) => value! + 1n), /refused/);
    check(() => count.compareAndSet(4n, 5n), /refused/);
    check(() => count.compareAndSet(1n, 5n), /refused/);
    assert.throws(() => count.set(5n), { code: "VALUE_REFUSED", value: 5n });
  });

  it("says what it is when it cannot do something", () => {
    const pairs = createMap(kernel, hashMap("pairs", Pair, u64, 8));
    using even = entry(pairs, { left: 1, right: 2 }, { validators: [() => false] });
    assert.throws(() => even.set(1n), /key {"left":1,"right":2} of map "pairs"/);
    using wide = entry(createMap(kernel, hashMap("wide", u64, u64, 8)), 5n, {
      validators: [() => false],
    });
    assert.throws(() => wide.set(1n), /key 5 of map "wide"/);
    using slot = entry(createMap(kernel, arrayMap("slots", u32, 4)), 1);
    assert.throws(() => slot.delete(), InvalidArgumentError);
    assert.throws(() => slot.delete(), /key 1 of map "slots" cannot be deleted/);
  });

  it("is one step towards the machine for words in mapped memory, and only there", () => {
    const check = <Value>(atomicity: string, map: ReferableMap<number, Value>) =>
      assert.equal(entry(map, 0).atomicity, atomicity);
    const flags = ["mmapable"] as const;
    check("thread", counts());
    check("thread", createMap(kernel, arrayMap("plain", u64, 4)));
    check("machine", createMap(kernel, arrayMap("mapped", u64, { maxEntries: 4, flags })));
    check("machine", createMap(kernel, arrayMap("mapped", u32, { maxEntries: 4, flags })));
    check("machine", createMap(kernel, arrayMap("mapped", Pair, { maxEntries: 4, flags })));
  });

  it("replaces words of mapped memory, each in its place", () => {
    const check = <Value>(layout: Layout<Value>, one: Value, two: Value) => {
      const options = { maxEntries: 4, flags: ["mmapable"] } as const;
      const map = createMap(kernel, arrayMap("mapped", layout, options));
      const [before, , after] = [map.get(0), map.get(1), map.get(2)];
      using second = entry(map, 1);
      assert.equal(second.compareAndSet(one, two), false);
      second.set(one);
      assert.equal(second.compareAndSet(two, two), false);
      assert.equal(second.compareAndSet(one, two), true);
      assert.deepEqual([map.get(0), map.get(1), map.get(2)], [before, two, after]);
    };
    check(u32, 1, 0xffff_ffff);
    check(u64, 1n, 0xffff_ffff_ffff_ffffn);
    check(Pair, { left: 1, right: 2 }, { left: 3, right: 0xffff_ffff });
    // The byte behind the u16 is padding, which is not compared.
    check(
      struct("padded", { wide: u32, narrow: u16 }),
      { wide: 1, narrow: 2 },
      { wide: 3, narrow: 4 },
    );
  });

  it("is a value per CPU for per-CPU maps", () => {
    using totals = entry(createMap(kernel, perCpuArrayMap("totals", u64, 2)), 1);
    totals.set([1n, 2n]);
    assert.equal(totals.compareAndSet([1n, 3n], [0n, 0n]), false);
    assert.equal(totals.compareAndSet([1n, 2n], [0n, 5n]), true);
    assert.deepEqual(totals.get(), [0n, 5n]);
  });

  it("refuses everything once it is closed, and leaves the map open", () => {
    const map = counts();
    const count = entry(map, 7);
    count.close();
    assert.equal(count.closed, true);
    for (const use of [
      () => count.get(),
      () => count.set(1n),
      () => count.delete(),
      () => count.update(() => 1n),
      () => count.compareAndSet(1n, 1n),
      () => count.changes(),
    ]) {
      assert.throws(use, ClosedError);
    }
    map.set(7, 1n);
  });
});

describe("variableEntry", () => {
  it("is a reference to a variable", () => {
    using limit = variableEntry(createMap(kernel, global("limit", u32, 5)));
    assert.equal(limit.atomicity, "machine");
    assert.equal(
      limit.update((value) => value! + 1),
      6,
    );
    assert.equal(limit.compareAndSet(5, 7), false);
    assert.equal(limit.compareAndSet(6, 7), true);
    assert.equal(limit.compareAndSet(undefined, 7), false);
    assert.equal(limit.get(), 7);
    assert.throws(() => limit.delete(), InvalidArgumentError);
  });

  it("takes two steps for what is no word", () => {
    const Wide = struct("wide", { first: u64, second: u64 });
    using wide = variableEntry(createMap(kernel, global("wide", Wide, { first: 1n, second: 2n })));
    assert.equal(wide.atomicity, "thread");
    assert.equal(wide.compareAndSet({ first: 1n, second: 0n }, { first: 0n, second: 0n }), false);
    assert.equal(wide.compareAndSet({ first: 1n, second: 2n }, { first: 3n, second: 4n }), true);
    assert.deepEqual(wide.get(), { first: 3n, second: 4n });
  });
});

describe("Reference.appears", () => {
  it("resolves when the value comes", async () => {
    using clock = stopClock();
    const map = counts();
    using count = entry(map, 7);
    const appears = count.appears();
    await clock.advance(25);
    map.set(7, 3n);
    await clock.advance(10);
    assert.equal(await appears, 3n);
    assert.equal(await count.appears(), 3n);
  });

  it("ends at the time-out, the signal and closing, leaving no timer", async () => {
    using clock = stopClock();
    const count = entry(counts(), 7, { intervalMs: 50 });
    const timedOut = count.appears({ timeoutMs: 60 });
    const stop = new AbortController();
    const stopped = count.appears({ signal: stop.signal });
    const closed = count.appears();
    await clock.advance(60);
    assert.equal(await timedOut, undefined);
    stop.abort();
    assert.equal(await stopped, undefined);
    count.close();
    assert.equal(await closed, undefined);
    await assert.rejects(count.appears(), ClosedError);
  });

  it("ends when the map is closed", async () => {
    using clock = stopClock();
    const map = counts();
    const appears = entry(map, 7).appears();
    map.close();
    await clock.advance(10);
    assert.equal(await appears, undefined);
  });

  it("looks as often as it is told", async () => {
    using clock = stopClock();
    const map = counts();
    let looks = 0;
    const get = map.get.bind(map);
    map.get = (key) => {
      looks += 1;
      return get(key);
    };
    using count = entry(map, 7, { intervalMs: 5 });
    const appears = count.appears({ intervalMs: 2, timeoutMs: 11 });
    for (let ms = 0; ms < 11; ms++) await clock.advance(1);
    await appears;
    assert.equal(looks, 6);
    for (const intervalMs of [0, -1, Number.NaN, Infinity]) {
      await assert.rejects(count.appears({ intervalMs }), InvalidArgumentError);
    }
  });
});

describe("Reference.changes", () => {
  it("tells what is added, changed and removed, from the moment of the call", async () => {
    using clock = stopClock();
    const map = counts();
    using count = entry(map, 7);
    map.set(7, 1n);
    const changes = count.changes({ limit: 3 });
    map.set(7, 2n);
    const previous = 1n;
    assert.deepEqual((await changes.next()).value, {
      kind: "changed",
      value: 2n,
      previous,
      missed: undefined,
    });
    map.delete(7);
    assert.deepEqual((await changes.next()).value, {
      kind: "removed",
      value: undefined,
      previous: 2n,
    });
    const third = changes.next();
    await clock.advance(30);
    map.set(7, 2n);
    await clock.advance(10);
    assert.deepEqual((await third).value, { kind: "added", value: 2n, previous: undefined });
    assert.deepEqual(await changes.next(), { done: true, value: undefined });
  });

  it("tells what is there already when told to", async () => {
    const map = counts();
    map.set(7, 1n);
    const change = await entry(map, 7).changed({ from: "nothing" });
    assert.deepEqual(change, { kind: "added", value: 1n, previous: undefined });
  });

  it("counts what it missed, where the value has a sequence", async () => {
    const map = counts();
    map.set(7, 5n);
    using clock = stopClock();
    using count = entry(map, 7);
    const check = async (next: bigint, missed: number | undefined) => {
      const changed = count.changed({ sequence: (value) => value });
      map.set(7, next);
      await clock.advance(10);
      const change = await changed;
      assert.ok(change?.kind === "changed");
      assert.equal(change.missed, missed);
    };
    await check(6n, 0);
    await check(9n, 2);
    await check(1n, undefined);
  });

  it("keeps no timer when its loop is left", async () => {
    // Others of this process may have some.
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const map = counts();
    const count = entry(map, 7);
    for await (const { kind } of count.changes({ from: "nothing", timeoutMs: 5 })) {
      assert.fail(`nothing is ${kind}`);
    }
    map.set(7, 1n);
    for await (const _ of count.changes({ from: "nothing", timeoutMs: 1e9 })) break;
    assert.ok(timers() <= before, `${timers()} instead of ${before}`);
  });
});
