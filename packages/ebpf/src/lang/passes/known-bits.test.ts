import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { removeExtensions } from "./known-bits.ts";
import { binary32, binary64, textAfter } from "./testing-pass.ts";
import type { FunctionBuilder } from "../ir/builder.ts";
import type { Operand, Value } from "../ir/operation.ts";

describe("removeExtensions", () => {
  function check(build: (builder: FunctionBuilder, a: Value) => Operand, expected: string): void {
    const lines = textAfter(removeExtensions, (builder, a) => builder.return(build(builder, a)));
    assert.equal(lines.at(-1), expected);
  }
  const load = (base: Value, signed: boolean) =>
    ({ kind: "load", base, offset: 0, bytes: 2, signed, memory: "kernel" }) as const;
  const extend = (operand: Operand, bits: 8 | 16 | 32, signed: boolean) =>
    ({ kind: "extend", operand, bits, signed }) as const;

  it("removes extensions of what is small enough", () => {
    check((f, a) => f.define(extend(f.define(load(a, false)), 16, false)), "return %2");
    check((f, a) => f.define(extend(f.define(load(a, false)), 32, true)), "return %2");
    check((f, a) => f.define(extend(f.define(binary32("add", a, 1n)), 32, false)), "return %2");
    check((f, a) => f.define(binary64("and", f.define(load(a, false)), 0xffffn)), "return %2");
    check((f, a) => f.define(extend(f.define(binary64("rsh", a, 56n)), 8, false)), "return %2");
  });

  it("keeps extensions that may change something", () => {
    check((f, a) => f.define(extend(f.define(load(a, false)), 8, false)), "return %3");
    check((f, a) => f.define(extend(f.define(load(a, false)), 16, true)), "return %3");
    check((f, a) => f.define(extend(f.define(load(a, true)), 32, false)), "return %3");
    check((f, a) => f.define(extend(f.define(binary64("add", a, 1n)), 32, false)), "return %3");
    check((_f, a) => a, "return %0.a");
  });

  it("knows that a variable counted up in 32 bits in a loop stays in 32 bits", () => {
    const lines = textAfter(removeExtensions, (builder, a) => {
      const [head, exit, i] = [builder.block(), builder.block(), { name: "i" }];
      builder.write(i, 0n);
      builder.jump(head);
      builder.current = head;
      const next = builder.define(binary32("add", builder.read(i), 1n));
      builder.write(i, next);
      builder.branch({ op: "lt", width: 64, left: next, right: a }, { then: head, else: exit });
      builder.seal(head);
      builder.seal(exit);
      builder.current = exit;
      builder.return(builder.define(extend(builder.read(i), 32, false)));
    });
    assert.equal(lines.at(-1), "return %3");
  });
});
