import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestResult } from "../test/results.ts";
import { kernelTable } from "./kernel-table.ts";

const file = "packages/ebpf/src/link/network.kernel.test.ts";
const test = (
  title: string,
  status: TestResult["status"] = "pass",
  reason?: string,
): TestResult => ({
  file,
  path: ["tcx", title],
  status,
  ...(reason === undefined ? {} : { reason }),
});
const skipped = "needs tcx: this kernel does not support it";

describe("kernelTable", () => {
  const check = (
    old: readonly TestResult[],
    recent: readonly TestResult[],
    ...rows: readonly string[]
  ): void => {
    const text = kernelTable([
      { kernel: "5.10", results: old },
      { kernel: "7.2", results: recent },
    ]);
    const [, part = ""] = text.split("## Attaching\n\n");
    assert.deepEqual(part.trimEnd().split("\n").slice(2), rows);
  };

  it("has one row for a suite whose tests fare alike", () =>
    check([test("a"), test("b")], [test("a"), test("b")], "| tcx | yes | yes |"));
  it("has one for each test when they do not", () =>
    check(
      [test("a"), test("b", "skip", skipped)],
      [test("a"), test("b")],
      "| tcx: a | yes | yes |",
      "| tcx: b | no | yes |",
    ));
  it("takes a suite that was skipped for its tests", () => {
    const suite: TestResult = { file, path: ["tcx"], status: "skip", reason: skipped };
    check([suite], [test("a"), test("b")], "| tcx | no | yes |");
  });
  it("tells what failed and what is refused", () =>
    check(
      [test("a", "fail", "wrong")],
      [test("a", "skip", "not permitted (EPERM)")],
      "| tcx | FAILED | refused |",
    ));
  it("takes the test of a refusal for one", () =>
    check([test("are refused at fexit")], [test("run at fexit")], "| tcx | refused | yes |"));
  it("leaves open what did not run", () => check([], [test("a")], "| tcx |  | yes |"));
  it("passes over tests that only start others", () => {
    const wrapper: TestResult = {
      file,
      path: ["passes in a network namespace of its own"],
      status: "pass",
    };
    check([wrapper, test("a")], [wrapper, test("a")], "| tcx | yes | yes |");
  });
  it("counts", () =>
    assert.match(
      kernelTable([{ kernel: "7.2", results: [test("a"), test("b", "skip", skipped)] }]),
      /\| passed \| 1 \|\n\| failed \| 0 \|\n\| skipped \| 1 \|/,
    ));
});
