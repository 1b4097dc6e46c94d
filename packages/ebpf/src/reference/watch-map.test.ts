import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { createMap } from "../map/create.ts";
import { hashMap } from "../spec/hash-map.ts";
import { settle, stopClock } from "../stream/testing-clock.ts";
import { collect } from "../stream/testing-collect.ts";
import { memoryKernel } from "./testing-memory-kernel.ts";
import { type MapChange, watchMap } from "./watch-map.ts";

const kernel = memoryKernel();
const counts = () => createMap(kernel, hashMap("counts", u32, u64, 64));

const short = ({ kind, key, value }: MapChange<unknown, unknown>) => [kind, key, value];

describe("watchMap", () => {
  it("tells what is added, changed and removed, from the moment of the call", async () => {
    using clock = stopClock();
    const map = counts();
    map.set(1, 10n);
    map.set(2, 20n);
    const changes = watchMap(map, { limit: 3 });
    map.delete(1);
    map.set(2, 21n);
    map.set(3, 30n);
    const found: unknown[] = [];
    for await (const change of changes) found.push(short(change));
    assert.deepEqual(found, [
      ["changed", 2, 21n],
      ["added", 3, 30n],
      ["removed", 1, undefined],
    ]);
    await clock.advance(1);
  });

  it("looks every 100 ms, and tells nothing of what comes and goes between", async () => {
    using clock = stopClock();
    const map = counts();
    const found: unknown[] = [];
    const reading = (async () => {
      for await (const change of watchMap(map, { timeoutMs: 250 })) found.push(short(change));
    })();
    await clock.advance(10);
    map.set(1, 10n);
    map.delete(1);
    map.set(2, 20n);
    await clock.advance(89);
    assert.deepEqual(found, []);
    await clock.advance(1);
    assert.deepEqual(found, [["added", 2, 20n]]);
    await clock.advance(150);
    await reading;
    assert.equal(found.length, 1);
  });

  it("tells what is there already when told to", async () => {
    const map = counts();
    map.set(1, 10n);
    const [first] = await collect(watchMap(map, { from: "nothing", limit: 1 }));
    assert.deepEqual(first, { kind: "added", key: 1, value: 10n, previous: undefined });
  });

  it("tells keys apart by their bytes", async () => {
    const Pair = struct("pair", { left: u32, right: u32 });
    const map = createMap(kernel, hashMap("pairs", Pair, u32, 8));
    map.set({ left: 1, right: 2 }, 1);
    const changes = watchMap(map, { limit: 2 });
    map.set({ left: 1, right: 2 }, 5);
    map.set({ left: 2, right: 1 }, 6);
    const found = await collect(changes);
    assert.deepEqual(found.map(short), [
      ["changed", { left: 1, right: 2 }, 5],
      ["added", { left: 2, right: 1 }, 6],
    ]);
  });

  it("ends when the map is closed, at the signal, and when its loop is left", async () => {
    using clock = stopClock();
    const map = counts();
    const stop = new AbortController();
    const stopped = collect(watchMap(map, { signal: stop.signal }));
    const closed = collect(watchMap(map));
    await clock.advance(5);
    stop.abort();
    assert.deepEqual(await stopped, []);
    map.close();
    await clock.advance(100);
    assert.deepEqual(await closed, []);
  });

  it("tells changes from which a copy of the map can be kept", async () => {
    const key = fc.integer({ min: 0, max: 5 });
    const step = fc.oneof(
      fc.record({ key, value: fc.constant(undefined) }),
      fc.record({ key, value: fc.bigInt({ min: 0n, max: 3n }) }),
      fc.constant("look" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        using clock = stopClock();
        const map = counts();
        const copy = new Map<number, bigint>();
        const stop = new AbortController();
        const following = (async () => {
          for await (const { key, value } of watchMap(map, {
            signal: stop.signal,
            intervalMs: 1,
          })) {
            if (value === undefined) copy.delete(key);
            else copy.set(key, value);
          }
        })();
        for (const step of [...steps, "look" as const]) {
          if (step === "look") await clock.advance(2);
          else if (step.value === undefined) map.delete(step.key);
          else map.set(step.key, step.value);
        }
        assert.deepEqual(copy, map.dump());
        stop.abort();
        await settle();
        await following;
      }),
      { numRuns: 50 },
    );
  });
});
