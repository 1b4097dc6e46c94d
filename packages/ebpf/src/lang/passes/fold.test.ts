import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldConstants } from "./fold.ts";
import { binary32, binary64, textAfter } from "./testing-pass.ts";
import type { OperationWithoutResult } from "../ir/builder.ts";
import type { Branch } from "../ir/function.ts";
import type { Value } from "../ir/operation.ts";

describe("foldConstants", () => {
  function check(operation: (a: Value) => OperationWithoutResult, ...expected: string[]): void {
    const lines = textAfter(foldConstants, (builder, a) =>
      builder.return(builder.define(operation(a))),
    );
    assert.deepEqual(lines.slice(1), expected);
  }

  it("computes operations on constants as the kernel does", () => {
    check(() => binary64("add", 2n, 3n), "return 5");
    check(() => binary32("sub", 0n, 1n), "return 4294967295");
    check(() => binary64("div", 5n, 0n), "return 0");
    check(() => binary32("mod", -1n, 0n), "return 4294967295");
    check(() => binary64("lsh", 1n, 65n), "return 2");
    check(() => ({ kind: "negate", width: 32, operand: 1n }), "return 4294967295");
    check(() => ({ kind: "extend", signed: true, bits: 8, operand: 0x80n }), "return -128");
    check(() => ({ kind: "swap", order: "always", bits: 16, operand: 0x1234n }), "return 13330");
  });

  it("leaves the order of the network alone, which depends on the machine", () => {
    const text = ["%2 = swap.network16 1", "return %2"];
    check(() => ({ kind: "swap", order: "network", bits: 16, operand: 1n }), ...text);
  });

  it("drops operations that change nothing", () => {
    check((a) => binary64("add", a, 0n), "return %0.a");
    check((a) => binary64("and", a, -1n), "return %0.a");
    check((a) => binary64("mul", a, 0n), "return 0");
    check((a) => binary64("rsh", 0n, a), "return 0");
    check((a) => binary64("div", 0n, a), "return 0");
    check((a) => binary64("xor", a, a), "return 0");
  });

  it("keeps 32-bit operations that clear the upper half", () => {
    check((a) => binary32("add", a, 0n), "%2 = add32 %0.a, 0", "return %2");
  });

  it("puts constants on the right, but not past a subtraction", () => {
    check((a) => binary64("add", 5n, a), "%2 = add64 %0.a, 5", "return %2");
    check((a) => binary64("sub", 5n, a), "%2 = sub64 5, %0.a", "return %2");
  });

  it("decides branches", () => {
    const end = (
      condition: (a: Value) => Pick<Branch, "op" | "width" | "left" | "right">,
    ): string =>
      textAfter(foldConstants, (builder, a) => {
        const [then, otherwise] = [builder.block(), builder.block()];
        builder.branch(condition(a), { then, else: otherwise });
        for (const block of [then, otherwise]) {
          builder.seal(block);
          builder.current = block;
          builder.return(0n);
        }
      })[1]!;
    assert.equal(
      end(() => ({ op: "sgt", width: 64, left: -1n, right: 0n })),
      "jump b2()",
    );
    assert.equal(
      end(() => ({ op: "gt", width: 64, left: -1n, right: 0n })),
      "jump b1()",
    );
    assert.equal(
      end((a) => ({ op: "le", width: 32, left: a, right: a })),
      "jump b1()",
    );
    assert.equal(
      end((a) => ({ op: "lt", width: 64, left: a, right: 0n })),
      "jump b2()",
    );
    const turned = "if gt64 %0.a, 5 then b1() else b2()";
    assert.equal(
      end((a) => ({ op: "lt", width: 64, left: 5n, right: a })),
      turned,
    );
  });
});
