import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import * as control from "./control.ts";
import { sinceLinux } from "./testing-kernel.ts";

const [drop, pass] = [1, 2];
/** A frame of 64 bytes with this number as the protocol of IP. */
function frame(protocol: number): Uint8Array {
  const data = new Uint8Array(64).fill(1);
  data[23] = protocol;
  return data;
}

describe("control", needs("root", "bpf", "btf"), () => {
  it("goes round as often as the bounds say", async () => {
    const { prices, count, total, addUp, checksum, sumBytes } = control;
    count.value = 3;
    await using loaded = await load({ prices, count, total, addUp, checksum, sumBytes });
    for (let index = 0; index < 4; index++) loaded.prices.set(index, BigInt(10 ** index));
    assert.equal(loaded.addUp.run({ data: frame(1) }).returnValue, pass);
    assert.equal(loaded.total.value, 111n);
    loaded.sumBytes.run({ data: new Uint8Array(70).fill(1) });
    assert.equal(loaded.checksum.value, 64);
    loaded.sumBytes.run({ data: new Uint8Array(20).fill(1) });
    assert.equal(loaded.checksum.value, 20);
  });

  it("calls functions with what they need", async () => {
    const { sizes, classify } = control;
    await using loaded = await load({ sizes, classify });
    for (const length of [60, 100, 1000])
      assert.equal(loaded.classify.run({ data: new Uint8Array(length) }).returnValue, pass);
    assert.deepEqual(
      [...loaded.sizes].map(([, bytes]) => bytes),
      [60n, 100n, 0n, 1000n],
    );
  });

  it("goes on with other programs", async () => {
    await using loaded = await load({ dispatch: control.dispatch });
    assert.equal(loaded.dispatch.run({ data: frame(0) }).returnValue, pass);
    assert.equal(loaded.dispatch.run({ data: frame(1) }).returnValue, drop);
    assert.equal(loaded.dispatch.run({ data: frame(2) }).returnValue, pass);
  });

  it("comes back in time", sinceLinux(5, 15), async () => {
    const { jobs, runs, schedule } = control;
    await using loaded = await load({ jobs, runs, schedule });
    loaded.schedule.run({ data: frame(1) });
    while (loaded.runs.value === 0n) await setImmediate();
    assert.equal(loaded.runs.value, 1n);
  });

  it("calls back", sinceLinux(5, 17), async () => {
    const { visited, visit, count } = control;
    count.value = 10;
    await using loaded = await load({ count, visited, visit });
    loaded.visit.run({ data: frame(1) });
    assert.equal(loaded.visited.value, 45 + 15);
  });
});
