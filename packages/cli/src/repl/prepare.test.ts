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
    await check(3, "const entryA = await Promise.resolve(1); entryA + 2;");
    await check(undefined, "await 1; const entryB = 2");
    await check("x", "'x' // comment");
    await check(7, "await Promise.resolve(7) // comment");
    await check([1, 2], "[1, await 2]");
  });

  it("is TypeScript", async () => {
    await check(
      2,
      "interface A { x: number } const entryA = { x: 2 } satisfies A; (entryA as A).x!",
    );
    await check(
      4,
      "function entryTwice<T extends number>(x: T): number { return 2 * x; } entryTwice(2)",
    );
  });

  it("takes braces for an object where it can be one", async () => {
    await check({ a: 1 }, "{ a: 1 }");
    await check({ a: 1 }, "{ a: await 1 }");
    await check(5, "{ let inner = 5; inner }");
  });

  it("declares for later entries, and again", async () => {
    await check(3, "const entryOne = 1", "let entryTwo = await 2", "entryOne + entryTwo");
    await check(9, "const entryOne = 1", "const entryOne = 9", "entryOne");
    await check(
      6,
      "let { entryP, q: [entryR = 2], ...entryRest } = await { entryP: 1, q: [], s: 3 }",
      "entryP + entryR + entryRest.s",
    );
    await check(
      1,
      "class EntryShape { sides = 1 }",
      "await 0; class EntryShape { sides = 1 }",
      "new EntryShape().sides",
    );
    await check(8, "await 0; function entryEight() { return 8 }", "entryEight()");
    await check(4, "export const entryShown = 4;", "entryShown");
    await check([1, undefined], "let entryX = await 1, entryY;", "[entryX, entryY]");
  });

  it("imports", async () => {
    await check("a/b", 'import { join as entryJoin } from "node:path";', 'entryJoin("a", "b")');
    await check(
      true,
      'import entryPath, * as entryAll from "node:path"; entryPath.join === entryAll.join',
    );
  });

  it("keeps its lines", async () => {
    const fails = async () =>
      evaluate('import entryFs\n  from "node:fs";\nthrow new Error("here")', { capture });
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
