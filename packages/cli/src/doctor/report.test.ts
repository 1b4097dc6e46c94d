import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "ts-ebpf";
import { asProcessStream, CapturedStream, withEnvironment } from "../testing/captured.ts";
import type { Examination } from "./examination.ts";
import { reportLines, type ReportOptions } from "./report.ts";

const examination: Examination = {
  findings: [
    { id: "kernel", title: "kernel version", status: "ok", detail: "Linux 6.18" },
    { id: "bpffs", title: "bpffs", status: "missing", detail: "not mounted", mend: "mount it" },
    { id: "new", title: "something new", status: "limited", detail: "half", mend: "mend it" },
  ],
  features: [
    { name: "hash", group: "map", since: [3, 19], supported: true },
    { name: "arena", group: "map", since: [6, 9], supported: false, reason: "too old" },
    { name: "xdp", group: "program", since: [4, 8], supported: undefined, reason: "not allowed" },
  ],
  obstacle: undefined,
};

const lines = (differences: Partial<Examination> = {}, options?: ReportOptions): string[] =>
  withEnvironment({ NO_COLOR: "1", FORCE_COLOR: undefined }, () => [
    ...reportLines(
      { ...examination, ...differences },
      asProcessStream(new CapturedStream({ columns: 100 })),
      options ?? { features: "counts" },
    ),
  ]);

describe("reportLines", () => {
  it("shows everything", () =>
    assert.deepEqual(lines(), [
      "Machine",
      "  ✓ kernel version  Linux 6.18",
      "",
      "File systems",
      "  ✗ bpffs           not mounted",
      "      → mount it",
      "",
      "Other",
      "  ! something new   half",
      "      → mend it",
      "",
      "Features of the kernel",
      "  ! kinds of maps      1 of 2; without arena",
      "  ? kinds of programs  0 of 1; 1 could not be tried",
      "    --features lists them all",
      "",
      '✓ Tracing works here: try "ts-ebpf trace exec".',
    ]));
  it("lists every feature", () => {
    const shown = lines({}, { features: "all" });
    assert.ok(shown.includes("  ✓ hash   since 3.19"));
    assert.ok(shown.includes("  ✗ arena  since 6.9    too old"));
    assert.ok(shown.includes("  ? xdp    since 4.8    not allowed"));
    assert.ok(!shown.includes("  link types"));
  });
  it("leaves features out where none could be asked for", () =>
    assert.ok(!lines({ features: [] }).includes("Features of the kernel")));
  it("says why tracing does not work, and what to do", () => {
    const obstacle = new InvalidArgumentError("no", { hint: "do this" });
    assert.deepEqual(lines({ obstacle }).slice(-2), [
      "✗ Tracing does not work here: no",
      "    do this",
    ]);
  });
  it("colours on terminals", () => {
    const stream = asProcessStream(new CapturedStream({ columns: 100 }));
    const plain = { NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: "xterm-256color" };
    const text = withEnvironment(plain, () =>
      [...reportLines(examination, stream, { features: "counts" })].join("\n"),
    );
    assert.match(text, /\x1b\[32m✓\x1b\[39m kernel version/);
    assert.match(text, /\x1b\[36m→ mount it\x1b\[39m/);
  });
});
