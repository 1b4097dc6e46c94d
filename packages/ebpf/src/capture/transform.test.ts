import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { captureFunction } from "./capture.ts";
import { CaptureError } from "./capture-error.ts";
import { tableKey } from "./function-table.ts";
import { transformSource } from "./transform.ts";

type Callable = (...given: never[]) => unknown;

const transform = (text: string, path = "src/case.ts") => transformSource({ path, text });

/** Runs a transformed file that declares a function `run`, and returns what that returns. */
function run(text: string): unknown {
  const { code } = transform(`"use strict"; ${text}\nresult = run();`, "src/case.js")!;
  // eslint-disable-next-line typescript/no-implied-eval -- the transformed text is what is tested
  return new Function(`let result; { ${code} } return result;`)();
}

describe("transformSource", () => {
  it("leaves files without marked functions", () => {
    assert.equal(transform(`const f = () => 1;`), undefined);
    assert.equal(transform(`const f = () => "use bpf";`), undefined);
    assert.equal(transform(`const f = ( => { "use bpf"; };`), undefined);
  });

  it("rejects methods, with their place", () => {
    assert.throws(() => transform(`\nconst x = { m() { "use bpf"; } };`), {
      name: "CaptureError",
      message: `src/case.ts:2: function "m" is a method or a class, which cannot run in the kernel`,
    });
  });

  it("moves no line and keeps text before each first insertion", () => {
    const head = `#!/usr/bin/env node\n"use strict";\nimport x from "x";\n\n`;
    const text = `${head}const f = () => {\n  "use bpf";\n\n  return 1;\n};\nfunction g() {\n  'use bpf';\n}\n`;
    const lines = transform(text)!.code.split("\n");
    const before = text.split("\n");
    assert.equal(lines.length, before.length);
    for (const [index, line] of before.entries()) {
      if (index === 2) assert.match(lines[2]!, /^function \$bpf<F>.*import x from "x";$/);
      else if (index === 4)
        assert.match(lines[4]!, /^const f = \/\* @__PURE__ \*\/ \$bpf\(\(\) => \{$/);
      else if (index === 8) assert.match(lines[8]!, /^\},\{.*\}\);$/);
      else assert.equal(lines[index], line);
    }
  });

  it("goes behind directives and before everything else", () => {
    const code = (text: string): string =>
      transform(text, "case.js")!.code.replaceAll(/\{"format.*?\)\}\}|\{"format.*?\}\}/g, "{}");
    assert.match(
      code(`"use strict"; a(); function f() { "use bpf"; }`),
      /^"use strict"; function \$bpf.*\$bpf\(f,.*\);a\(\);/,
    );
    assert.match(code(`a(); "no directive"; function f() { "use bpf"; }`), /^function \$bpf/);
    assert.match(
      code(`function g() { "use strict"; a(); function f() { "use bpf"; } }`),
      /function g\(\) \{ "use strict"; \$bpf\(f,.*\);a\(\);/,
    );
  });

  it("takes a name the file does not use", () => {
    assert.match(transform(`const $bpf = 1, f = () => { "use bpf"; };`)!.code, /function \$bpf\$</);
  });

  it("writes JavaScript for JavaScript", () => {
    const code = transform(`const f = () => { "use bpf"; };`, "case.js")!.code;
    assert.match(code, /^function \$bpf\(f,d\)\{\(globalThis\[/);
  });

  it("maps every word back", () => {
    const first = `const a = 1;\nconst f = () => { "use bpf"; return a; }; let after = f;\n\n`;
    const text = `${first}function g() { "use bpf"; return f; }\n`;
    const { code, map } = transform(text)!;
    const made = map();
    assert.deepEqual([made.sources, made.sourcesContent], [["case.ts"], [text]]);
    const found = new SourceMap({ ...made, file: "", sourceRoot: "" } as never);
    for (const word of ["const a", "return a", "let after", "= f;", "function g", "return f"]) {
      const there = place(text, word, lineOf(text, word));
      const here = place(code, word, there.line);
      const { originalLine, originalColumn } = found.findEntry(here.line, here.column) as {
        originalLine: number;
        originalColumn: number;
      };
      assert.deepEqual({ line: originalLine, column: originalColumn }, there, word);
    }
  });
});

const lineOf = (text: string, word: string): number =>
  text.split("\n").findIndex((content) => content.includes(word));

/** Where `word` stands in a line: before the description that quotes it, or behind. */
function place(text: string, word: string, line: number): { line: number; column: number } {
  const content = text.split("\n")[line]!;
  const description = content.indexOf(`,{"format"`);
  const first = content.indexOf(word);
  const quoted = description !== -1 && first > description;
  return { line, column: quoted ? content.lastIndexOf(word) : first };
}

describe("a transformed file", () => {
  it("has functions that know their source", () => {
    const fn = run(`
      function run() { const a = 5; let b = "x";
        const f = wrap((p, { q = a } = {}) => {
          "use bpf"; // it's a "comment" \\
          return b + p + q;
        });
        b = "y";
        return f;
      }
      function wrap(value) { return value; }`) as Callable;
    const { name, node, source, scope } = captureFunction(fn);
    assert.equal(name, "f");
    assert.equal(source.path, "src/case.js");
    const text = source.text.slice(node.start, node.end);
    assert.match(text, /^\(p, \{ q = a \}.*\{\n {10}"use bpf"; \/\/ it's a "comment" \\\n/);
    assert.match(text, /return b \+ p \+ q;\n {8}\}$/);
    assert.equal(source.text.slice(0, node.start).split("\n").length, 3);
    assert.deepEqual([scope.get("a"), scope.get("b"), scope.get("Math")], [5, "y", Math]);
    assert.deepEqual(
      ["a", "b", "p", "run", "Math", "nope"].map((name) => scope.has(name)),
      [true, true, false, false, true, false],
    );
    assert.equal((fn as (p: number) => string)(1), "y15");
  });

  it("keeps instances of a function apart", () => {
    const [one, two] = run(`
      function run() { return [1, 2].map((n) => make(n)); }
      function make(n) { return () => { "use bpf"; return n; }; }`) as [Callable, Callable];
    assert.equal(captureFunction(one).scope.get("n"), 1);
    assert.equal(captureFunction(two).scope.get("n"), 2);
  });

  it("knows declarations before they stand there, in whatever block", () => {
    const functions = run(`
      function run() {
        "use strict";
        const early = inner;
        { var inBlock = block; function block() { "use bpf"; return 2; } }
        switch (1) { case 1: var inCase = cased; function cased() { "use bpf"; return 3; } }
        return [early, inBlock, inCase, top];
        function inner() { "use bpf"; return top; }
      }
      function top() { "use bpf"; return 4; }`) as Callable[];
    assert.deepEqual(
      functions.map((fn) => captureFunction(fn).name),
      ["inner", "block", "cased", "top"],
    );
    assert.equal(captureFunction(functions[0]!).scope.get("top"), functions[3]);
  });

  it("tells that a name has no value yet, until it has", () => {
    const fn = run(`
      function run() {
        const f = () => { "use bpf"; return later; };
        const later = 7;
        return f;
      }`) as Callable;
    assert.equal(captureFunction(fn).scope.get("later"), 7);
    const early = run(`
      function run() {
        let f;
        try { f = () => { "use bpf"; return never; }; throw 1; const never = 1; } catch {}
        return f;
      }`) as Callable;
    assert.throws(() => captureFunction(early).scope.get("never"), {
      code: "CAPTURE_ERROR",
      message: `"never" has no value yet`,
    });
  });

  it("is captured once", () => {
    const fn = run(`function run() { return () => { "use bpf"; }; }`) as Callable;
    assert.equal(captureFunction(fn), captureFunction(fn));
  });

  it("keeps the meaning of odd places", () => {
    const results = run(`
      function run() {
        const list = [() => { "use bpf"; return 1; }, function () { "use bpf"; return 2; }];
        const chosen = null ?? (async () => { "use bpf"; return 3; });
        const assigned = { f: (x) => { "use bpf"; return x; } };
        return [list[0](), list[1](), chosen, assigned.f(4)];
      }`) as [number, number, Callable, number];
    assert.deepEqual([results[0], results[1], results[3]], [1, 2, 4]);
    assert.equal(captureFunction(results[2]).node.async, true);
  });

  it("works where the default export has no name", () => {
    const { code } = transform(`export default function () { "use bpf"; }`)!;
    assert.match(code, /export default \/\* @__PURE__ \*\/ \$bpf\(function \(\)/);
  });

  it("of another version is rejected", () => {
    const table = ((globalThis as Record<symbol, unknown>)[Symbol.for(tableKey)] ??=
      new WeakMap()) as WeakMap<WeakKey, unknown>;
    const fn = (): void => {};
    table.set(fn, { format: 0, name: "f", path: "old.js" });
    assert.throws(() => captureFunction(fn), CaptureError);
    assert.throws(
      () => captureFunction(fn),
      /function "f" of old\.js was prepared by another version/,
    );
  });

  it("hands its functions to the table of its own realm", () => {
    const code = transform(`const f = () => { "use bpf"; };`, "case.js")!.code;
    assert.equal(
      runInNewContext(`${code} globalThis[Symbol.for("${tableKey}")].get(f).path`),
      "case.js",
    );
  });
});
