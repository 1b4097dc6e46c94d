import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkProgram } from "../../packages/ebpf/src/sim/check/check-program.ts";
import { compareRecord } from "./comparison.ts";
import { readRecords } from "./recorded.ts";

const sample = new URL("sample.jsonl", import.meta.url).pathname;

/** Answers on the sample; what the kernel said of each program was recorded on Linux 6.18. */
const answers = readRecords([sample]).map((record) =>
  compareRecord(record, {
    folder: "",
    kernelTypes: undefined,
    check: (it) => checkProgram(it, { budget: 20_000 }),
  }),
);
const of = (kind: string): readonly string[] =>
  answers
    .filter((it) => it.kind === kind)
    .map(({ from, kernel, ours }) => `${from}: ${kernel || ours}`);

describe("the checker on a sample of recorded programs", () => {
  it("accepts nothing that the kernel refused", () => {
    assert.deepEqual(of("refused/accepted"), []);
    assert.ok(of("refused/refused").length > 150);
  });

  it("refuses at most one in fifty of what the kernel accepted", () => {
    const accepted = answers.filter(({ kind }) => kind.startsWith("accepted/"));
    const refused = of("accepted/refused");
    assert.ok(accepted.length > 100 && refused.length * 50 <= accepted.length, refused.join("\n"));
  });

  it("decides about all", () => {
    assert.deepEqual([...of("refused/undecided"), ...of("accepted/undecided")], []);
  });
});
