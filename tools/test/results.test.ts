import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { root } from "./node.ts";
import { parseResults, ResultCollector, type TestResult } from "./results.ts";

const file = "packages/ebpf/src/link/network.kernel.test.ts";

type Part = readonly [type: string, name: string, nesting: number, more?: object];

/** What a collector tells of these events. */
function collected(...parts: readonly Part[]): readonly TestResult[] {
  const collector = new ResultCollector();
  return parts.flatMap(([type, name, nesting, more = {}]) => {
    const data = { name, nesting, file: join(root, file), details: {}, ...more };
    return collector.resultOf({ type, data } as unknown as TestEvent) ?? [];
  });
}

const suite = { details: { type: "suite" } };

describe("a collector of results", () => {
  it("tells tests with their suites", () =>
    assert.deepEqual(
      collected(
        ["test:start", "tcx", 0],
        ["test:start", "sees packets", 1],
        ["test:pass", "sees packets", 1],
        ["test:pass", "tcx", 0, suite],
      ),
      [{ file, path: ["tcx", "sees packets"], status: "pass" }],
    ));
  it("tells why a suite was skipped", () =>
    assert.deepEqual(
      collected(["test:start", "tcx", 0], ["test:pass", "tcx", 0, { ...suite, skip: "needs tcx" }]),
      [{ file, path: ["tcx"], status: "skip", reason: "needs tcx" }],
    ));
  it("tells the first line of what failed", () => {
    const error = { cause: new Error("wrong\nand more") };
    assert.deepEqual(
      collected(["test:start", "a", 0], ["test:fail", "a", 0, { details: { error } }]),
      [{ file, path: ["a"], status: "fail", reason: "wrong" }],
    );
  });
});

describe("parseResults", () => {
  it("leaves out a line that was cut off", () => {
    const line = '{"file":"a","path":["b"],"status":"pass"}\n';
    assert.deepEqual(parseResults(`${line}{"file":"a","pa`), [
      { file: "a", path: ["b"], status: "pass" },
    ]);
  });
});
