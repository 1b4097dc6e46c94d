import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { removeDeadCode } from "./dead-code.ts";
import { binary64, textAfter } from "./testing-pass.ts";
import { sumFunction } from "../ir/testing-samples.ts";
import { printFunction } from "../ir/print.ts";

describe("removeDeadCode", () => {
  it("removes operations that nobody reads, also through each other", () => {
    const lines = textAfter(removeDeadCode, (builder, a) => {
      const sum = builder.define(binary64("add", a, 1n));
      builder.define(binary64("mul", sum, 2n));
      builder.define({
        kind: "load",
        base: a,
        offset: 0,
        bytes: 8,
        signed: false,
        memory: "kernel",
      });
      builder.return(0n);
    });
    assert.deepEqual(lines.slice(1), ["return 0"]);
  });

  it("removes a variable that only a loop itself reads", () => {
    const fn = sumFunction();
    for (const { terminator } of fn.blocks)
      if (terminator.kind === "return") terminator.result = 0n;
    assert.equal(removeDeadCode(fn), true);
    const text = printFunction(fn);
    assert.ok(text.includes("b2(%1.i):"));
    assert.ok(!text.includes("sum,"));
  });

  it("keeps calls and atomic operations, but not their results", () => {
    const lines = textAfter(removeDeadCode, (builder, a) => {
      const callee = { kind: "helper", id: 5, name: "ktime_get_ns" } as const;
      builder.define({ kind: "call", callee, arguments: [], touches: [] });
      builder.define({ kind: "atomic", op: "add", bytes: 8, base: a, offset: 0, operand: 1n });
      builder.return(0n);
    });
    assert.deepEqual(lines.slice(1), [
      "call helper ktime_get_ns()",
      "atomic add u64 %0.a + 0, 1",
      "return 0",
    ]);
  });

  it("removes slots that are only stored to", () => {
    const lines = textAfter(removeDeadCode, (builder, a) => {
      const [written, read] = [builder.slot("written", 8, 8), builder.slot("read", 8, 8)];
      const store = { kind: "store-slot", offset: 0, bytes: 8, stored: a } as const;
      builder.effect({ ...store, slot: written });
      builder.effect({ ...store, slot: read });
      const load = { kind: "load-slot", slot: read, offset: 0, bytes: 8, signed: false } as const;
      builder.return(builder.define(load));
    });
    assert.deepEqual(lines, [
      "slot 1 read: 8 bytes, aligned to 8",
      "b0(%0.a, %1.b):",
      "store u64 slot 1 + 0, %0.a",
      "%2 = load u64 slot 1 + 0",
      "return %2",
    ]);
  });
});
