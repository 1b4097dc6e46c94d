import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as capture from "ts-ebpf/capture";
import { evaluate } from "./evaluate.ts";
import { prepareEntry, UnfinishedError } from "./prepare.ts";

const globals = globalThis as Record<string, unknown>;

/** The value of the last of these entries. */
async function check(expected: unknown, ...entries: readonly string[]): Promise<void> {
  let value: unknown;
  for (const entry of entries) ({ value } = await evaluate(entry, { capture }));
  assert.deepEqual(value, expected, entries.join(" ⏎ "));
}

describe("an entry", () => {
  it("has the value of its last expression, waited for or not", async () => {
    await check(3, "1 + 2");
    await check(3, "const a = await Promise.resolve(1); a + 2;");
    await check(undefined, "await 1; const b = 2");
    await check("x", "'x' // comment");
    await check(7, "await Promise.resolve(7) // comment");
    await check([1, 2], "[1, await 2]");
  });

  it("is TypeScript", async () => {
    await check(2, "interface A { x: number } const a = { x: 2 } satisfies A; (a as A).x!");
    await check(4, "function twice<T extends number>(x: T): number { return 2 * x; } twice(2)");
  });

  it("takes braces for an object where it can be one", async () => {
    await check({ a: 1 }, "{ a: 1 }");
    await check({ a: 1 }, "{ a: await 1 }");
    await check(5, "{ let inner = 5; inner }");
  });

  it("declares for later entries, and again", async () => {
    await check(3, "const one = 1", "let two = await 2", "one + two");
    await check(9, "const again = 1", "const again = 9", "again");
    await check(
      6,
      "let { p, q: [r = 2], ...rest } = await { p: 1, q: [], s: 3 }",
      "p + r + rest.s",
    );
    await check(
      1,
      "class Shape { sides = 1 }",
      "await 0; class Shape { sides = 1 }",
      "new Shape().sides",
    );
    await check(8, "await 0; function eight() { return 8 }", "eight()");
    await check(4, "export const shown = 4;", "shown");
    await check([1, undefined], "let x1 = await 1, y1;", "[x1, y1]");
  });

  it("imports", async () => {
    await check("a/b", 'import { join as put } from "node:path";', 'put("a", "b")');
    await check(true, 'import path, * as all from "node:path"; path.join === all.join');
  });

  it("keeps its lines", async () => {
    const fails = async () =>
      evaluate('import fs\n  from "node:fs";\nthrow new Error("here")', { capture });
    await assert.rejects(fails, ({ stack }: Error) => /repl\.ts:3:/.test(stack ?? ""));
  });

  it("describes its programs", () => {
    const { code } = prepareEntry('const p = (): number => { "use bpf"; return 0; }', capture);
    assert.match(code, /^function \$bpf.*"path":"repl\.ts"/);
  });

  it("is unfinished while something is missing at its end", () => {
    for (const text of [
      "const a = {",
      "f(1,",
      "`text",
      "/* comment",
      "class A {",
      "x = ",
      "1 +",
      "a.",
    ])
      assert.throws(() => prepareEntry(text, capture), UnfinishedError, text);
    for (const text of ["const = 1", ")", "let x: = 3", "'abc", "f(1 2)", "enum A { B }"])
      assert.throws(
        () => prepareEntry(text, capture),
        (error) => error instanceof SyntaxError && !(error instanceof UnfinishedError),
        text,
      );
  });

  it("that waits for ever ends with its signal", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = evaluate("await new Promise(() => {})", { capture, signal });
    controller.abort();
    await assert.rejects(async () => waiting, { name: "InterruptedError" });
  });

  it("leaves nothing but what it declares", () => {
    const before = new Set(Object.keys(globals));
    prepareEntry("const neverRun = 1", capture);
    assert.deepEqual(new Set(Object.keys(globals)), before);
  });
});
