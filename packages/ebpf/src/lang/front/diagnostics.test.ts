import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as layouts from "../../layout/index.ts";
import { struct, u32, u64 } from "../../layout/index.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { CompileError } from "../compile-error.ts";
import { compileProgram } from "../compile-program.ts";
import { testProgram, type TestScope } from "./testing.ts";

const Value = struct("value", { count: u64, last: u32 });
const counts = hashMap("counts", u32, Value, 16);

function errorOf(text: string, scope: TestScope = {}): CompileError {
  const { program, capture } = testProgram(text, { ...layouts, counts, ...scope });
  try {
    compileProgram({ program, capture });
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
  return assert.fail(`${text} compiles`);
}

describe("CompileError", () => {
  it("says where, shows the line, and what to write instead", () => {
    const error = errorOf(`(ctx) => {
  const a = u32(ctx.args[0]);
  return a / 2;
}`);
    assert.equal(
      error.format(),
      `CompileError [COMPILE_ERROR]: test.ts:3:10 - error: the quotient of numbers may have a fraction, and BPF has none

    3 |   return a / 2;
      |          ^^^^^

  hint: cut it off: Math.trunc(a / b), or u32(a / b) for what is known to fit`,
    );
  });

  it("holds all that is wrong, once each, in the order of the source", () => {
    const { diagnostics } = errorOf(`(ctx) => {
      const v = counts.lookup(1);
      v.count += 1n;
      const bad = nothing + 1;
      if (bad) return bad;
      throw 1;
    }`);
    assert.deepEqual(
      diagnostics.map(({ line, message }) => `${line}: ${message}`),
      [
        '3: "v" may be undefined here',
        '4: "nothing" is not defined',
        "6: there are no exceptions in a kernel program",
      ],
    );
  });

  it("tells what is meant for near names", () => {
    const { diagnostics } = errorOf(
      "(ctx) => { const v = counts.lookup(1); return v ? v.lost : 0; }",
    );
    assert.equal(diagnostics[0]?.message, 'struct value has no field "lost"');
    assert.equal(diagnostics[0]?.hint, 'did you mean "last"?');
  });

  const check = (body: string, message: RegExp): void => {
    const { diagnostics } = errorOf(`(ctx) => { ${body} }`);
    assert.match(diagnostics[0]!.message, message, body);
  };

  it("refuses to mix what TypeScript or the kernel keeps apart", () => {
    check("return u32(ctx.args[0]) + ctx.args[1];", /mixes a number and a bigint/);
    check("return Number(ctx.args[0] + s64(ctx.args[1]));", /mixes a bigint without sign/);
    check("return be16(ctx.args[0]) === 80 ? 1 : 0;", /network byte order/);
    check("return ctx.args[0] ? 1.5 : 0;", /not a whole number/);
    check("counts.update(1, { count: 1, last: 2 }); return 0;", /expected u64/);
    check("counts.update(1, { count: u32(ctx.args[0]), last: 2 });", /cannot be stored as u64/);
    check("counts.update(1, { count: 1n, last: -2 });", /out of range/);
  });

  it("refuses what has no meaning in the kernel", () => {
    check("const o = { a: 1 };", /without a layout/);
    check("for (const k in ctx) {}", /names of fields/);
    check("try { return 1; } catch {}", /no exceptions/);
    check("const f = () => 1; return f();", /function is no value/);
    check("return new Map().size;", /nothing is allocated/);
    check("return /a/.test('a') ? 1 : 0;", /regular expressions/);
    check("return this.x;", /no this/);
    check("return typeof ctx === 'object' ? 1 : 0;", /types are known/);
    check("class A {} return 0;", /no classes/);
    check("counts.clear();", /no method "clear"/);
    check("Value = 3;", /cannot be changed/);
    check("const a = 1; a = 2;", /is a constant|a. is a constant/);
    check("return ctx.nope;", /has no field "nope"/);
    check("ctx.args[0] = 1n;", /cannot be written/);
    check("return ctx.args[12] ? 1 : 0;", /no element 12/);
    check("return console.log(1);", /cannot be called/);
    const { diagnostics } = errorOf("async (ctx) => { await 1; }");
    assert.deepEqual(
      diagnostics.map(({ message }) => message),
      ["a kernel program cannot be async", "a kernel program cannot wait"],
    );
  });
});
