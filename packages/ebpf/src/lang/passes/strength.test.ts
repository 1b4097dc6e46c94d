import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reduceStrength } from "./strength.ts";
import { binary32, binary64, textAfter } from "./testing-pass.ts";
import type { OperationWithoutResult } from "../ir/builder.ts";
import type { Value } from "../ir/operation.ts";

describe("reduceStrength", () => {
  function check(operation: (a: Value) => OperationWithoutResult, expected: string): void {
    const lines = textAfter(reduceStrength, (builder, a) =>
      builder.return(builder.define(operation(a))),
    );
    assert.equal(lines[1], `%2 = ${expected}`);
  }

  it("shifts and masks instead of calculating with powers of two", () => {
    check((a) => binary64("mul", a, 8n), "lsh64 %0.a, 3");
    check((a) => binary32("div", a, 16n), "rsh32 %0.a, 4");
    check((a) => binary64("mod", a, 1024n), "and64 %0.a, 1023");
    check((a) => binary32("div", a, -0x8000_0000n), "rsh32 %0.a, 31");
    check((a) => binary64("mod", a, 1n), "and64 %0.a, 0");
  });

  it("leaves other numbers and signed division alone", () => {
    check((a) => binary64("mul", a, 6n), "mul64 %0.a, 6");
    check((a) => binary64("sdiv", a, 8n), "sdiv64 %0.a, 8");
    check((a) => binary64("div", a, 0n), "div64 %0.a, 0");
  });

  it("adds the negative instead of subtracting a constant", () => {
    check((a) => binary64("sub", a, 8n), "add64 %0.a, -8");
    const smallest = -0x8000_0000_0000_0000n;
    check((a) => binary64("sub", a, smallest), `add64 %0.a, ${smallest}`);
  });

  it("extends instead of masking with 32 ones, which needs no wide constant", () => {
    check((a) => binary64("and", a, 0xffff_ffffn), "zero-extend32 %0.a");
  });
});
