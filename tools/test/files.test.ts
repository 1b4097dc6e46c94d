import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findTests, parseSelection } from "./files.ts";

describe("findTests", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ts-ebpf-files-"));
    const paths = [
      "a/x.ts",
      "a/x.test.ts",
      "a/b/y.kernel.test.ts",
      "a/node_modules/z.test.ts",
      "a/dist/z.test.ts",
    ];
    for (const path of paths) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), "");
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  it("tells the suites apart, and passes over what is not ours", () => {
    assert.deepEqual(findTests(folder, "unit"), ["a/x.test.ts"]);
    assert.deepEqual(findTests(folder, "kernel"), ["a/b/y.kernel.test.ts"]);
  });
  it("chooses by words in the path", () => {
    assert.deepEqual(findTests(folder, "unit", ["x", "nothing"]), ["a/x.test.ts"]);
    assert.deepEqual(findTests(folder, "unit", ["nothing"]), []);
  });
});

describe("parseSelection", () => {
  it("tells words from options", () =>
    assert.deepEqual(parseSelection(["btf", "--watch"]), { words: ["btf"], options: ["--watch"] }));
});
