import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { explainLogs, formatLogReport, type LogReport } from "./explain-logs.ts";
import { missingNullCheck, olderLog, structuredLog } from "./testing-logs.ts";
import { VerifierError } from "./verifier-error.ts";

/** The only report on `text`. */
function explained(text: string): LogReport {
  const reports = explainLogs(text);
  assert.equal(reports.length, 1, text);
  return reports[0]!;
}

const byLibbpf = `libbpf: prog 'count': BPF program load failed: Permission denied
libbpf: prog 'count': -- BEGIN PROG LOAD LOG --
${missingNullCheck}-- END PROG LOAD LOG --
libbpf: prog 'count': failed to load: -13
libbpf: failed to load object 'filter.o'
Error: failed to load object file
`;

describe("explainLogs", () => {
  it("tells cause, place and suggestion of a bare log", () => {
    const report = explained(missingNullCheck);
    assert.equal(report.outcome, "explained");
    assert.equal(report.explanation?.id, "null-dereference");
    assert.equal(report.rejection.instruction, 6);
    assert.equal(report.source?.line, 9);
    assert.match(report.hint ?? "", /if \(!v\) return/);
  });

  const check = (name: string, text: string, program?: string): void => {
    it(`finds the log ${name}`, () => {
      const report = explained(text);
      assert.deepEqual(report.log, missingNullCheck.trimEnd().split("\n"));
      assert.equal(report.explanation?.id, "null-dereference");
      assert.equal(report.program, program);
    });
  };
  const each = (prefix: string): string => missingNullCheck.replaceAll(/^(?=.)/gm, prefix);
  check("in what libbpf prints", byLibbpf, "count");
  check(
    "in what libbpf printed before 0.7",
    `libbpf: load bpf program failed: Permission denied
libbpf: -- BEGIN DUMP LOG ---
libbpf:${" "}
${missingNullCheck}
libbpf: -- END LOG --
libbpf: failed to load program 'xdp'`,
  );
  check("behind an indentation", `load program: denied:\n${each("\t")}`);
  check("behind the name of a container", each("app-1  | "));
  check("behind stamps of the kernel's log", each("[   12.345678] "));
  check("behind stamps of a journal", each("Nov 21 14:00:00 host app[42]: "));
  check("in colours, with carriage returns", each("\x1b[31m").replaceAll("\n", "\r\n"));
  check(
    "in an error that was printed",
    new VerifierError("count", missingNullCheck).format(),
    "count",
  );

  it("reads the formats of Linux 5.10 and 7.3", () => {
    const old = explained(olderLog);
    assert.equal(old.rejection.instruction, 3);
    assert.equal(old.explanation?.id, "register-uninitialised");
    const place = { file: "counter.ts", line: 9, column: 3, text: "v.value += 1n;" };
    assert.deepEqual(explained(structuredLog).source, place);
  });

  it("explains logs one after the other", () =>
    assert.deepEqual(
      explainLogs(`${byLibbpf}\n${olderLog}`).map(({ program }) => program),
      ["count", undefined],
    ));

  it("explains a message that stands alone", () => {
    const text = "load program: permission denied: R0 !read_ok (5 line(s) omitted)";
    assert.equal(explained(text).explanation?.id, "register-uninitialised");
  });

  it("shows where something was acquired that is not released", () => {
    const { origin } = explained(`; const event = ring.reserve(); @ a.ts:7
5: (85) call bpf_ringbuf_reserve#131
; return 0; @ a.ts:9
9: (95) exit
Unreleased reference id=2 alloc_insn=5`);
    assert.equal(origin?.line, 7);
  });

  it("finds none where there is none", () => {
    for (const text of [
      "",
      "\n\0",
      "Error: file doesn't exist",
      "libbpf: R0 !read_ok is what I saw",
    ])
      assert.deepEqual(explainLogs(text), [], text);
  });

  it("never throws", () => {
    const lines = [...byLibbpf.split("\n"), ...structuredLog.split("\n"), "    "];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...lines))), (any) => {
        for (const report of explainLogs(any.join("\n"))) assert.ok(formatLogReport(report) !== "");
      }),
    );
  });
});

describe("formatLogReport", () => {
  it("says what a VerifierError says", () =>
    assert.equal(
      formatLogReport(explained(byLibbpf)),
      new VerifierError("count", missingNullCheck).message,
    ));

  it("shows the text of a line whose file is not known, as before 6.9", () => {
    const text = formatLogReport(explained("; return x;\n0: (bf) r0 = r9\nR9 !read_ok"));
    assert.equal(text.split("\n")[1], "  source: return x;");
  });

  it("shows the telling lines of what is not known", () => {
    const report = explained("0: (b7) r0 = 0\nsomething new\nprocessed 1 insns (limit 1000000)");
    assert.equal(report.outcome, "unknown");
    const lines = formatLogReport(report).split("\n");
    assert.equal(lines[0], "a program was rejected at instruction 0: something new");
    assert.ok(lines.includes("  this rejection is not known"));
    assert.ok(lines.includes("    something new"));
  });

  it("says when there is no reason", () => {
    const report = explained("0: (b7) r0 = 0\n1: (95) exit\nprocessed 2 insns (limit 1000000)");
    assert.equal(report.outcome, "no-reason");
    assert.match(formatLogReport(report), /^the log has no reason for a rejection: either /);
  });
});
