import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FunctionBuilder } from "./builder.ts";
import type { Value } from "./operation.ts";
import { printFunction } from "./print.ts";
import { countFunction } from "./testing-samples.ts";

describe("printFunction", () => {
  it("prints functions, slots, blocks and branches", () => {
    assert.equal(
      printFunction(countFunction()),
      `function count(%0.context)
  slot 0 key: 4 bytes, aligned to 4
b0(%0.context):
  %1 = load u32 %0.context + 8 (context)
  store u32 slot 0 + 0, %1
  %2 = address map counts
  %3 = address slot 0 + 0
  %4.found = call helper map_lookup_elem(%2, %3)
  if eq64 %4.found, 0 then b1() else b2()
b1():
  return 1
b2():
  %5 = load u32 %0.context + 8 (context)
  atomic add u64 %4.found + 0, %5
  return 0`,
    );
  });

  it("prints every other operation", () => {
    const builder = new FunctionBuilder("f", ["a"]);
    const [a] = builder.current.parameters as [Value];
    const slot = builder.slot("s", 8, 8);
    const field = { struct: "sock", path: ["__sk_common", "skc_dport"] };
    builder.define({ kind: "negate", width: 32, operand: a });
    builder.define({ kind: "swap", order: "network", bits: 16, operand: a });
    builder.define({ kind: "extend", signed: true, bits: 8, operand: a });
    builder.define({ kind: "map-value-address", map: "globals", offset: 8 });
    builder.define({
      kind: "load",
      base: a,
      offset: 12,
      bytes: 2,
      signed: true,
      memory: "kernel",
      core: field,
    });
    builder.effect({ kind: "store", base: a, offset: -4, bytes: 1, stored: 7n, memory: "other" });
    builder.define({ kind: "load-slot", slot, offset: 4, bytes: 4, signed: true });
    const atomic = { kind: "atomic", op: "cmpxchg", bytes: 4, base: a, offset: 0 } as const;
    builder.define({ ...atomic, operand: 1n, expected: 2n });
    builder.effect({
      kind: "call",
      callee: { kind: "local", name: "g" },
      arguments: [a],
      touches: [],
    });
    builder.effect({
      kind: "call",
      callee: { kind: "kfunc", name: "k" },
      arguments: [],
      touches: [],
    });
    builder.define({ kind: "core-constant", core: { kind: "field-exists", field }, value: 1n });
    const enumValue = { kind: "enum-value", type: "e", name: "A" } as const;
    builder.define({ kind: "core-constant", core: enumValue, value: 3n });
    builder.define({ kind: "core-constant", core: { kind: "type-size", type: "t" }, value: 4n });
    builder.return();
    assert.equal(
      printFunction(builder.function),
      `function f(%0.a)
  slot 0 s: 8 bytes, aligned to 8
b0(%0.a):
  %1 = negate32 %0.a
  %2 = swap.network16 %0.a
  %3 = sign-extend8 %0.a
  %4 = address value of globals + 8
  %5 = load s16 %0.a + 12 (kernel, sock.__sk_common.skc_dport)
  store u8 %0.a + -4, 7 (other)
  %6 = load s32 slot 0 + 4
  %7 = atomic cmpxchg u32 %0.a + 0, 1, expecting 2
  call g(%0.a)
  call kfunc k()
  %8 = core field-exists sock.__sk_common.skc_dport (here 1)
  %9 = core enum-value e.A (here 3)
  %10 = core type-size t (here 4)
  return`,
    );
  });
});
