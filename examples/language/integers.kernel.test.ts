import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import * as integers from "./integers.ts";

const { given, results, compute, port, onPacket } = integers;

describe("integers", needs("root", "bpf", "btf"), () => {
  it("are the same in the kernel and in JavaScript", async () => {
    const check = async (a: number, b: number, total: bigint, count: bigint): Promise<void> => {
      given.value = { a, b, total, count };
      await using loaded = await load({ given, results, compute });
      assert.equal(loaded.compute.run({ data: new Uint8Array(64) }).returnValue, 2);
      assert.deepEqual(loaded.results.value, {
        difference: integers.difference(a, b),
        wrapped: integers.wrapped(a),
        quotient: integers.quotient(a, b),
        bits: integers.bits(a),
        mean: integers.mean(total, count),
        high: integers.high(total),
      });
    };
    await check(3, 5, 10n, 3n);
    await check(7, -2, 0xffff_ffff_ffff_ffffn, 10n);
    await check(0x7fff_ffff, 0, 1n << 40n, 0n);
  });

  it("come out of packets in host order", async () => {
    await using loaded = await load({ port, onPacket });
    const data = new Uint8Array(42);
    data.set([0x08, 0x00, 0x45], 12);
    data[23] = 17;
    data.set([0x12, 0x34], 36);
    loaded.onPacket.run({ data });
    assert.equal(loaded.port.value, 0x1234);
  });
});

describe("integers in JavaScript", () => {
  it("are what the comments say", () => {
    assert.equal(integers.difference(3, 5), -2);
    assert.equal(integers.wrapped(10), 4);
    assert.equal(integers.quotient(-7, 2), -3);
    assert.equal(integers.bits(1), 0x8000_0001);
    assert.equal(integers.high(7n << 32n), 7);
  });
});
