import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expectNone } from "./expect.ts";
import { checkText } from "./text.ts";
import { readTree } from "./tree.ts";

describe("the text of every file", () => {
  for (const file of readTree()) {
    it(`keeps the rules: ${file.path}`, () => expectNone(checkText(file)));
  }
});

describe("checkText", () => {
  const check = (path: string, text: string, ...expected: readonly string[]): void => {
    const names = checkText({ path, text: `first line\n${text}\n` });
    assert.deepEqual(
      names.map((finding) => finding.split("; ")[0]),
      expected.map((name) => `${path}:2 ${name}`),
    );
  };
  const source = "packages/ebpf/src/map/x.ts";
  const test = "packages/ebpf/src/map/x.test.ts";

  it("finds places of one machine", () => {
    check(source, 'open("/home/me/file")', "place of one machine");
    check("README.md", "see /work/shared", "place of one machine");
    check(source, "from ../homework/work/x; /sys/fs/bpf; /workspace");
  });
  it("finds addresses of registries", () => {
    check("package-lock.json", '"resolved": "http://somewhere/x.tgz"', "address of a registry");
    check("package-lock.json", '"resolved": "packages/ebpf"');
  });
  it("finds work without an issue", () => {
    check(source, "// TODO: later", "work nobody has on a list");
    check(source, "// TODO(#12): later");
  });
  it("finds tests that silence others", () => {
    check(test, 'it.only("x")', "test that silences its neighbours");
    check(source, "readonly only: true;");
  });
  it("finds sleeps in tests", () => {
    check(test, "await new Promise((resolve) => setTimeout(resolve, 10));", "sleep in a test");
    check(test, 'import { setTimeout } from "node:timers/promises";', "sleep in a test");
    check(test, 'import { setImmediate as turn } from "node:timers/promises";');
    check(source, "sleep(10)");
  });
  it("finds plain errors", () => {
    check(source, 'throw new Error("no")', "error that callers cannot tell apart");
    check(test, 'throw new Error("no")');
    check("packages/ebpf/src/base/assert.ts", 'throw new Error("no")');
  });
  it("finds silenced lint rules", () => {
    const name = "lint rule silenced without a reason";
    check(source, "// oxlint-disable-next-line max-lines", name);
    check(source, "// @ts-expect-error", name);
    check(source, "// oxlint-disable max-lines -- a table of opcodes");
    check(test, "// @ts-expect-error a string is no key");
  });
  it("finds long lines of code", () => {
    check(source, "x".repeat(131), "long line");
    check(source, "x".repeat(130));
    check("docs/x.md", "x".repeat(200));
  });
});
