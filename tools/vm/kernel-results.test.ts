import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestResult } from "../test/results.ts";
import { loadResults, skipKind, storeResults, summaryLines } from "./kernel-results.ts";

const result = (file: string, status: TestResult["status"], reason?: string): TestResult => ({
  file,
  path: ["suite", "works"],
  status,
  ...(reason === undefined ? {} : { reason }),
});

describe("results of a kernel", () => {
  it("replace those of the same files, and keep the others", () => {
    const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-results-"));
    try {
      const kernel = "6.12";
      assert.deepEqual(loadResults(folder, kernel).results, []);
      storeResults(folder, {
        kernel,
        results: [result("a", "fail", "wrong"), result("b", "pass")],
      });
      storeResults(folder, { kernel, results: [result("a", "pass")] });
      assert.deepEqual(loadResults(folder, kernel), {
        kernel,
        results: [result("a", "pass"), result("b", "pass")],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("skipKind", () => {
  const check = (reason: string, kind: string): void => assert.equal(skipKind(reason), kind);

  it("tells what a kernel does not have", () => {
    check(
      "needs tcx: this kernel does not support links (Linux has it since 6.6)",
      "not in this kernel",
    );
    check("needs kprobe: there is no /sys/bus/event_source/devices/kprobe", "not in this kernel");
  });
  it("tells what a kernel refuses", () =>
    check("needs fentry: cannot load tracing program: not permitted (EPERM)", "refused"));
  it("tells what the machine lacks", () =>
    check("needs zsh: zsh is not installed", "not on this machine"));
});

describe("summaryLines", () => {
  it("counts, and names what failed and why others were skipped", () => {
    const reason = "needs zsh: zsh is not installed";
    const results = [
      result("a", "pass"),
      result("b", "fail", "wrong"),
      result("c", "skip", reason),
      result("d", "skip", reason),
    ];
    assert.deepEqual(
      [...summaryLines(results)],
      [
        "passed 1, failed 1, skipped 2",
        "  failed: b: suite › works: wrong",
        `  skipped 2: not on this machine: ${reason}`,
      ],
    );
  });
});
