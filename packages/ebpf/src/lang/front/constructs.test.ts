/**
 * What people write as a matter of course: compiled and run on the simulated kernel, it gives what JavaScript gives. What it
 * cannot be is refused instead, see `refusals.test.ts`.
 * @module
 */
import assert from "node:assert/strict";
import { stripTypeScriptTypes } from "node:module";
import { describe, it } from "node:test";
import * as layouts from "../../layout/index.ts";
import { array, struct, u32, u64 } from "../../layout/index.ts";
import { createMachine } from "../../sim/vm/create-machine.ts";
import { compileProgram } from "../compile-program.ts";
import { testProgram } from "./testing.ts";

const scope = {
  ...layouts,
  Pair: struct("pair", { sum: u64, list: array(u32, 3) }),
  ports: [80, 443],
  matrix: [
    [1, 2],
    [3, 4],
  ],
  Kind: { A: 1, B: 7 } as const,
  named: [
    { port: 80, name: "http" },
    { port: 7, name: "echo" },
  ],
  table: new Map([
    [7, 70],
    [8, 80],
  ]),
  seven: new Set([7]),
  word: "seven",
  limits: { low: { from: 1 } },
  missing: undefined,
};

/** Bodies in which `a` is the number 7, `b` the bigint 9n. */
const bodies: Readonly<Record<string, readonly string[]>> = {
  switch: [
    "switch (a) { case 1: return 1; case 7: case 8: return 2; default: return 3; }",
    "let n = 0; switch (a) { case 7: n += 1; case 8: n += 2; break; case 9: n += 4; } return n;",
    "switch (a) { default: return 1; case 6: return 2; }",
    "let n = 0; switch (a) { case 1: n = 1; default: n += 2; case 2: n += 4; } return n;",
    "switch (true) { case a > 8: return 1; case a > 3: return 2; } return 3;",
    "switch (b) { case 9n: return 1; } return 2;",
    "switch (a) { case Kind.A: return 1; case Kind.B: { const x = 5; return x; } } return 3;",
    'switch (word) { case "seven": return a; } return 0;',
    "let n = 0; for (const x of ports) { switch (x) { case 80: continue; } n += 1; } return n;",
  ],
  "labels, break, continue": [
    "let n = 0; o: for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) { if (j > i) continue o; n += 1; } return n;",
    "let n = 0; o: for (let i = 0; i < 3; i++) { for (;;) { n += 1; if (i === 1) break o; break; } } return n;",
    "o: { if (a) break o; return 1; } return 2;",
    "let n = 0; o: while (true) { switch (n++) { case 4: break o; } } return n;",
    "let n = 0; do { n += 1; if (n < 5) continue; } while (n < 5); return n;",
  ],
  loops: [
    "let n = 0; for (const p of ports) n += p; return n;",
    "let n = 0; for (const [i, p] of ports.entries()) n += i * p; return n;",
    "let n = 0; for (const value of Object.values(Kind)) n += value; return n;",
    'for (const [name, value] of Object.entries(Kind)) if (value === a && name === "B") return 1; return 0;',
    'for (const { port, name } of named) if (port === a && name === "echo") return 1; return 0;',
    "for (const [key, value] of table) if (key === a) return value; return 0;",
    "for (const key of seven) if (key === a) return 1; return 0;",
    "for (const x of [1, 7, 9]) if (x === a) return x; return 0;",
    "for (let i = 0, j = 10; i < j; i++, j--) if (i === 3) return j; return 0;",
    "for (let i = 10; i--; ) if (i === 3) return i; return 0;",
    "let n = 0n; for (let i = 0n; i < 3n; i++) n += i * b; return Number(n);",
  ],
  destructuring: [
    "const [x, , y = 3] = [a, 2]; return x + y;",
    "const { A, B: other, C = 5 } = Kind; return A + other + C;",
    "const { low: { from } } = limits; return from;",
    "const { args: [first] } = ctx; return Number(first);",
    "const [[, second], [third]] = matrix; return second * 10 + third;",
  ],
  "optional chaining and defaults": [
    "return limits?.low?.from ?? 5;",
    "const x = missing ?? a; return x;",
    "let n = a; n &&= 3; n ||= 4; return n;",
    "return (a > 9 || 0) ? 1 : 2;",
  ],
  text: [
    'return `${word}-${Kind.A}` === "seven-1" ? 1 : 0;',
    'return "a" + "b" === "ab" ? 1 : 0;',
    'return word.length + word.toUpperCase().indexOf("V");',
    'return word.split("e").length;',
  ],
  "functions of JavaScript, of constants": [
    "return Math.pow(2, 3) + Math.log2(8) + Math.sqrt(16) + 2 ** 4;",
    "return ports.includes(80) ? ports.indexOf(443) : 9;",
    "return ports.at(-1) + ports.slice(1).length;",
    "return table.get(7) + (table.has(9) ? 1 : 0) + table.size + (seven.has(7) ? 1 : 0);",
    'return Number.parseInt("12") + Number("30");',
    "return Number.isInteger(1.5) ? 1 : 0;",
    "return Object.keys(Kind).length;",
    'return String(12) === "12" ? 1 : 0;',
  ],
  "Math of numbers": [
    "return Math.max(a, 3, 9) + Math.min(a, 3);",
    "return Math.abs(a - 10) + Math.sign(3 - a);",
    "return Math.floor(a / 2) + Math.ceil(a / 2) + Math.round(a / 2) + Math.trunc(a / 2);",
    "return Math.clz32(a);",
  ],
  bigints: [
    "return Number(b / 2n) + Number(b % 4n) + Number(b << 3n);",
    "return Number(u64(a) * b);",
    "return Number(BigInt.asUintN(8, b - 10n));",
    "return b > 3n && s64(a) - s64(b) < 0n ? 1 : 0;",
  ],
  literals: [
    "const pair = Pair({ sum: b, list: [a, 2, 3] }); return pair.list[0] + Number(pair.sum);",
    "const p = Pair({ list: [1, 2, 3] }); p.list = [p.list[2], p.list[0], a]; return p.list[0] * 9 + p.list[1];",
    "const pair = Pair({}); pair.list[2] = a; return pair.list[0] + pair.list[2];",
  ],
  "types of TypeScript": [
    "let x: number; if (a > 3) x = 1; else x = 2; return x;",
    "type Small = number; interface Point { readonly x: Small } const p = a as Small; return p!;",
    "return (a as unknown as number) satisfies number;",
  ],
  "other expressions": [
    "let i = 0; return i++ + ++i;",
    "let x = 1, y = 0; x = y = 2; return x + y;",
    "return (1, a);",
    "let n = a; n %= 4; n <<= 2; n |= 1; n ^= 3; n &= 0xff; n >>= 1; n >>>= 0; return n;",
    "return Number(!a) + Number(!!a) + Number(Boolean(a));",
    "void a; debugger; ; return a == 7 ? 1 : 0;",
  ],
};

describe("programs and JavaScript", () => {
  for (const [subject, cases] of Object.entries(bodies)) {
    describe(subject, () => {
      for (const body of cases) it(`agree on ${body}`, () => check(body));
    });
  }
});

const given: readonly bigint[] = [7n, 9n];

function check(body: string): void {
  const text = `(ctx) => { const a = u32(ctx.args[0]); const b = ctx.args[1]; ${body} }`;
  const names = Object.keys(scope);
  const code = stripTypeScriptTypes(`const it = ${text}`).slice("const it = ".length);
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is of this file
  const make = new Function(...names, `return ${code}`) as (...values: unknown[]) => typeof run;
  const run = (context: { readonly args: readonly bigint[] }): unknown =>
    make(...Object.values(scope))(context);
  const { program, capture } = testProgram(text, scope);
  const { spec } = compileProgram({ program, capture });
  const words = Array.from({ length: 12 }, (_, index) => given[index] ?? 0n);
  const machine = createMachine();
  const context = new Uint8Array(new BigInt64Array(words).buffer);
  const address = machine.memory.allocate("context", context);
  const result = machine.run(machine.program(spec.instructions), address);
  assert.equal(BigInt.asIntN(32, result), BigInt(run({ args: words }) as number));
}
