import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shareCommon } from "./common.ts";
import { binary64, textAfter } from "./testing-pass.ts";
import type { FunctionBuilder } from "../ir/builder.ts";
import type { MemoryKind, Value } from "../ir/operation.ts";

describe("shareCommon", () => {
  const load = (base: Value, memory: MemoryKind) =>
    ({ kind: "load", base, offset: 0, bytes: 8, signed: false, memory }) as const;

  /** Loads twice with something between; returns whether the second load is still there. */
  function loadsTwice(
    memory: MemoryKind,
    between: (builder: FunctionBuilder, b: Value) => void,
  ): boolean {
    const lines = textAfter(shareCommon, (builder, a, b) => {
      const first = builder.define(load(a, memory));
      between(builder, b);
      const second = builder.define(load(a, memory));
      builder.return(builder.define(binary64("add", first, second)));
    });
    return lines.filter((line) => line.includes("= load")).length === 2;
  }

  it("computes pure operations once", () => {
    const lines = textAfter(shareCommon, (builder, a, b) => {
      const [first, second] = [binary64("mul", a, b), binary64("mul", a, b)];
      builder.return(
        builder.define(binary64("xor", builder.define(first), builder.define(second))),
      );
    });
    assert.deepEqual(lines.slice(1), ["%2 = mul64 %0.a, %1.b", "%4 = xor64 %2, %2", "return %4"]);
  });

  it("does not take operations of another width for the same", () => {
    const lines = textAfter(shareCommon, (builder, a) => {
      const wide = builder.define(binary64("add", a, 1n));
      const narrow = builder.define({ kind: "binary", op: "add", width: 32, left: a, right: 1n });
      builder.return(builder.define(binary64("xor", wide, narrow)));
    });
    assert.equal(lines.length, 5);
  });

  it("shares loads until something may store", () => {
    const store = (builder: FunctionBuilder, base: Value): void =>
      builder.effect({ kind: "store", base, offset: 0, bytes: 1, stored: 0n, memory: "map-value" });
    const call = (builder: FunctionBuilder): void => {
      const callee = { kind: "helper", id: 5, name: "ktime_get_ns" } as const;
      builder.effect({ kind: "call", callee, arguments: [], touches: [] });
    };
    assert.equal(
      loadsTwice("map-value", () => {}),
      false,
    );
    assert.equal(loadsTwice("map-value", store), true);
    assert.equal(loadsTwice("kernel", call), true);
    assert.equal(loadsTwice("context", store), false);
    assert.equal(loadsTwice("readonly", call), false);
  });

  it("shares loads from addresses that were made twice", () => {
    const loads = (offset: number): number => {
      const lines = textAfter(shareCommon, (builder) => {
        const values = [0, offset].map((at) => {
          const address = { kind: "map-value-address", map: "limit", offset: at } as const;
          return builder.define(load(builder.define(address), "readonly"));
        });
        builder.return(builder.define(binary64("add", values[0]!, values[1]!)));
      });
      return lines.filter((line) => line.includes("= load")).length;
    };
    assert.equal(loads(0), 1);
    assert.equal(loads(8), 2);
  });

  it("shares with blocks above, but not with the other side of a branch", () => {
    const lines = textAfter(shareCommon, (builder, a, b) => {
      const above = builder.define(binary64("add", a, 1n));
      const [then, otherwise] = [builder.block(), builder.block()];
      builder.branch({ op: "eq", width: 64, left: above, right: b }, { then, else: otherwise });
      for (const block of [then, otherwise]) {
        builder.seal(block);
        builder.current = block;
        const again = builder.define(binary64("add", a, 1n));
        builder.return(builder.define(binary64("mul", again, b)));
      }
    });
    assert.equal(lines.filter((line) => line.includes("add64")).length, 1);
    assert.equal(lines.filter((line) => line.includes("mul64")).length, 2);
  });
});
