import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseTraceLine, type TraceLine } from "./trace-line.ts";

function check(line: string, expected: TraceLine): void {
  assert.deepEqual(parseTraceLine(line), expected);
}

describe("parseTraceLine", () => {
  const message = {
    kind: "message",
    task: "node",
    pid: 1234,
    cpu: 0,
    flags: "d..21",
    timestamp: 5432.123456,
    text: "hello: world",
  } as const;

  it("reads what a program printed", () =>
    check(
      "            node-1234    [000] d..21  5432.123456: bpf_trace_printk: hello: world",
      message,
    ));

  it("reads what older kernels print", () =>
    check("  node-1234  [000] d... 5432.123456: 0x00000001: hello: world", {
      ...message,
      flags: "d...",
    }));

  it("passes over the number of the process", () => {
    check(" node-1234 (   1200) [000] d..21 5432.123456: bpf_trace_printk: hello: world", message);
    check(" node-1234 (-------) [000] d..21 5432.123456: bpf_trace_printk: hello: world", message);
  });

  it("takes names of tasks as they are", () => {
    for (const task of ["<...>", "kworker/u4:1-ev", "a b", "x-1"]) {
      const said = { pid: 7, cpu: 11, flags: ".....", timestamp: 1.000001, text: "" };
      const line = `${task}-7 [011] ..... 1.000001: bpf_trace_printk: `;
      check(line, { kind: "message", task, ...said });
    }
  });

  it("counts what was lost", () =>
    check("CPU:3 [LOST 12 EVENTS]", { kind: "lost", cpu: 3, count: 12 }));

  it("keeps a line of which it knows nothing, whatever it is", () => {
    check("behind a newline", { kind: "text", text: "behind a newline" });
    fc.assert(
      fc.property(fc.string(), (line) => {
        const parsed = parseTraceLine(line);
        if (parsed.kind === "text") assert.equal(parsed.text, line);
      }),
    );
  });
});
