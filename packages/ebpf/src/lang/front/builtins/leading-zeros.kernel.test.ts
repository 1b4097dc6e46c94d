import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needs } from "../../../testing/needs.ts";
import { runArguments } from "../testing-run.ts";

describe("Math.clz32", needs("bpf"), () => {
  const check = (text: string, given: readonly bigint[], expected: number): void => {
    for (const optimize of ["none", "full"] as const) {
      assert.equal(runArguments(text, { given, optimize }), expected, `${text} (${optimize})`);
    }
  };

  it("counts the zeros that every size of number starts with", () => {
    const text = "(ctx) => Math.clz32(u32(ctx.args[0]))";
    for (const bit of [0, 1, 2, 3, 7, 8, 15, 16, 17, 30, 31]) {
      check(text, [1n << BigInt(bit)], 31 - bit);
      check(text, [(2n << BigInt(bit)) - 1n], 31 - bit);
    }
    check(text, [0n], 32);
  });

  it("takes 32 bits of larger numbers, negative ones and quotients", () => {
    check("(ctx) => Math.clz32(s32(ctx.args[0]))", [-1n], 0);
    check("(ctx) => Math.clz32(Number(ctx.args[0]))", [(1n << 32n) + 5n], 29);
    check("(ctx) => Math.clz32(u32(ctx.args[0]) / 3)", [12n], 29);
    check("(ctx) => Math.clz32(0x4000) + u32(ctx.args[0])", [1n], 18);
  });
});
