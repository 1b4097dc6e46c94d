import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { u64 } from "../layout/integer.ts";
import { encodeValue } from "../layout/value.ts";
import { consumeRings, readRings } from "./read-rings.ts";
import type { RingBuffer } from "./ring-buffer.ts";
import { testRing } from "./testing-ring.ts";

const kernel = {
  bpf: () => assert.fail("no command is made"),
  watch: () => ({ ref: () => {}, unref: () => {}, close: () => {} }),
} as unknown as Kernel;

/** Two rings with three events each. */
function rings(): { readonly first: RingBuffer<bigint>; readonly second: RingBuffer<bigint> } {
  const [first, second] = [testRing(u64), testRing(u64)];
  for (const number of [1n, 2n, 3n]) {
    first.write(encodeValue(u64, number));
    second.write(encodeValue(u64, 10n * number));
  }
  return { first: first.ring, second: second.ring };
}

describe("readRings", () => {
  it("reads all of them up to the limit", async () => {
    const found: string[] = [];
    for await (const { ring, event } of readRings(kernel, rings(), { limit: 5 }))
      found.push(`${ring} ${event}`);
    assert.deepEqual(found, ["first 1", "first 2", "first 3", "second 10", "second 20"]);
  });

  it("stops at the signal at once, and leaves what comes behind", async () => {
    const both = rings();
    const stop = new AbortController();
    for await (const { event } of readRings(kernel, both, { signal: stop.signal }))
      if (event === 2n) stop.abort();
    assert.deepEqual([...both.first.drain()], [3n]);
    assert.deepEqual([...both.second.drain()], [10n, 20n, 30n]);
  });

  it("ends without an error when one of them is closed meanwhile", async () => {
    for (const name of ["first", "second"] as const) {
      const both = rings();
      let found = 0;
      for await (const _ of readRings(kernel, both)) {
        found += 1;
        both[name].close();
      }
      assert.equal(found, 1);
    }
  });

  it("refuses to read nothing, or in a way that cannot be meant", async () => {
    await assert.rejects(readRings(kernel, {}).next(), /there are no rings to read/);
    assert.throws(() => consumeRings(kernel, {}, () => {}), InvalidArgumentError);
    await assert.rejects(readRings(kernel, rings(), { limit: 0.5 }).next(), InvalidArgumentError);
  });
});
