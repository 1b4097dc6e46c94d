import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { capturedNames } from "./captured-names.ts";
import { markedFunctions } from "./marked-functions.ts";
import { parseSource } from "./parse.ts";

/** The captured names of every marked function of a TypeScript file. */
function captured(text: string): readonly (readonly string[])[] {
  const program = parseSource({ path: "case.ts", text });
  const functions = markedFunctions(program).map(({ node }) => node);
  const names = capturedNames(program, functions);
  return functions.map((node) => names.get(node)!);
}

/** Checks the names that a marked arrow function with this head and body takes from a file declaring a, b, c and d. */
function check(head: string, body: string, ...names: string[]): void {
  const [found] = captured(
    `let a = 1, b = 2; const { c, x: [d] } = {} as any; const f = ${head} => { "use bpf"; ${body} };`,
  );
  assert.deepEqual(found, names, `${head} => ${body}`);
}

describe("capturedNames", () => {
  it("finds uses of what the file declares, once, in order", () => {
    check("()", "return a + b + a;", "a", "b");
    check("()", "return c + d;", "c", "d");
    check("()", "a = 1; b++; [c] = d;", "a", "b", "c", "d");
    check("()", "a`text ${b}`; return `${c}`;", "a", "b", "c");
  });
  it("leaves globals alone", () => check("()", "return Math.max(a, undefined, nope);", "a"));
  it("knows keys, members and labels from uses", () => {
    check("()", "return x.a + x[b];", "b");
    check("()", "return { a: 1, [b]: 2, c };", "b", "c");
    check("()", "a: for (;;) { if (b) break a; continue a; }", "b");
    check("()", "return x?.a?.[b]?.(c);", "b", "c");
    check("()", "class K { a = b; [c]() { return this.a; } static d() {} }", "b", "c");
    check("()", "return new.target;");
  });
  it("lets parameters shadow", () => {
    check("(a)", "return a + b;", "b");
    check("({ a, x: b, ...c })", "return a + b + c + d;", "d");
    check("([a, , [b], ...c])", "return a + b + c + d;", "d");
    check("(...a)", "return a;");
    check("(x: number, a?: number)", "return a;");
  });
  it("sees the file in defaults of parameters, and other parameters before it", () => {
    check("(x = a)", "return x;", "a");
    check("(a, x = a)", "return x;");
    check("({ x = a, [b]: y } = c)", "return x;", "a", "b", "c");
    check("(x = a)", "var a = 1; return x + a;", "a");
    check("(x = () => a + b, y = (b) => b)", "", "a", "b");
  });
  it("lets declarations shadow in their block and nowhere else", () => {
    check("()", "const a = 1; return a;");
    check("()", "{ const a = 1; } return a;", "a");
    check("()", "{ var a = 1; } return a;");
    check("()", "if (b) { for (var a of c) {} } return a;", "b", "c");
    check("()", "return a; function a() {}");
    check("()", "{ function a() {} a(); } return b;", "b");
    check("()", "for (let a = 0; a < b; a++) {} return a;", "b", "a");
    check("()", "for (const a of b) { c(a); }", "b", "c");
    check("()", "for (const a in b) { a; }", "b");
    check("()", "try {} catch (a) { a; } return b;", "b");
    check("()", "try {} catch ({ a }) { a; }");
    check("()", "switch (b) { case 1: let a; default: a; }", "b");
    check("()", "using a = b(); return a;", "b");
    check("()", "const a = 1; { return a + b; }", "b");
    check("()", "class a {} return new a();");
    check("()", "const x = class a { static { a; } }; return a;", "a");
    check("()", "enum a { b = 1 } return a;");
  });
  it("follows functions inside", () => {
    check("()", "return (x) => x + a;", "a");
    check("()", "return (a) => a + b;", "b");
    check("()", "const g = function a() { return a; }; return a;", "a");
    check("()", "return { get(a) { return a + b; } };", "b");
  });
  it("takes names of the functions around, and of each instance's own", () => {
    const text = `let a; function outer(p) { let q = 1; return () => { "use bpf"; return p + q + a; }; }`;
    assert.deepEqual(captured(text), [["p", "q", "a"]]);
  });
  it("takes itself and other marked functions", () => {
    assert.deepEqual(captured(`function f() { "use bpf"; return g; } let g;`), [["g"]]);
    const text = `function f() { "use bpf"; return f() + g(); }  const g = () => { "use bpf"; return h; }; let h;`;
    assert.deepEqual(captured(text), [["f", "g"], ["h"]]);
    assert.deepEqual(captured(`const x = function f() { "use bpf"; return f(); }; let f;`), [[]]);
  });
  it("tells types from values", () => {
    const types = `interface T {} type U = T; import type { V } from "x"; import { W, X, type Y } from "x"; X;
      const Z = 1; class K {}`;
    const f = `const f = (v: T & U & V & W & X & Y & Z & K, w: typeof Z): Ref<typeof K> => { "use bpf"; };`;
    assert.deepEqual(captured(types + f), [["X", "Z", "K"]]);
    const scalars = `import { u32, be16 as port, type s64, struct } from "ts-ebpf"; import { u8 } from "x";`;
    const annotated = `function g(a: u32, b: port, c: s64, d: struct, e: u8) { "use bpf"; }`;
    assert.deepEqual(captured(scalars + annotated), [["u32", "port"]]);
    check("<a>(x: a)", "return x as a;");
    check("()", "return a as unknown as { a: number }; ", "a");
    check("()", "return b satisfies number;", "b");
    check("()", "type a = number; let x: a; return b!;", "b");
    check("(x): x is typeof c", "return true;", "c");
  });
});
