/**
 * Programs of TypeScript, compiled, loaded and run.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needs } from "../../testing/needs.ts";
import { runArguments } from "./testing-run.ts";

describe("numbers in the kernel", needs("bpf"), () => {
  const check = (text: string, given: readonly bigint[], expected: number): void => {
    for (const optimize of ["none", "full"] as const) {
      assert.equal(runArguments(text, { given, optimize }) | 0, expected, `${text} (${optimize})`);
    }
  };

  it("are computed as in JavaScript", () => {
    check("(ctx) => u32(ctx.args[0]) + 1", [41n], 42);
    check("(ctx) => u32(ctx.args[0]) - u32(ctx.args[1])", [1n, 2n], -1);
    check("(ctx) => { const x = s32(ctx.args[0]); return x >> 1; }", [-4n], -2);
    check("(ctx) => { const x = s32(ctx.args[0]); return x >>> 28; }", [-1n], 15);
    check("(ctx) => { const x = s32(ctx.args[0]); return Math.trunc(x / 2); }", [-7n], -3);
    check("(ctx) => { const x = s32(ctx.args[0]); return x % 4; }", [-7n], -3);
  });

  it("go through branches and loops", () => {
    const sum = `(ctx) => {
      let sum = 0;
      for (let i = 0; i < 10; i++) {
        if (i === 3) continue;
        if (i > 7) break;
        sum += i;
      }
      return sum;
    }`;
    check(sum, [], 0 + 1 + 2 + 4 + 5 + 6 + 7);
    check("(ctx) => { let n = 0; do { n++; } while (n < 5); return n; }", [], 5);
    check("(ctx) => { let n = 9; while (n > 5 && n !== 7) n--; return n; }", [], 7);
    check("(ctx) => { const a = u32(ctx.args[0]); return a > 3 ? a : -a; }", [2n], -2);
    const choose = `(ctx) => {
      switch (u8(ctx.args[0])) {
        case 1: return 10;
        case 2: case 3: { break; }
        default: return 30;
      }
      return 20;
    }`;
    check(choose, [1n], 10);
    check(choose, [3n], 20);
    check(choose, [4n], 30);
  });
});
