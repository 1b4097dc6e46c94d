import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseDiagnostic } from "./diagnostic.ts";
import { structuredLog } from "./testing-logs.ts";

const lines = structuredLog.split("\n");
const report = lines.slice(lines.findIndex((line) => line.startsWith("Verification failed")));

describe("parseDiagnostic", () => {
  it("reads what, why and what to do, with wrapped lines joined", () => {
    const { category, problem, reason, suggestion } = parseDiagnostic(report);
    assert.equal(category, "Register Type Safety");
    assert.equal(problem, "Invalid dereference");
    assert.match(reason, /^R0 may be NULL here .* could dereference NULL on .* safe\.$/);
    assert.match(suggestion, /^Add a NULL check .* non-NULL path\./);
  });

  it("reads the place in the source and the instruction", () => {
    const { instruction, place } = parseDiagnostic(report);
    assert.equal(instruction, 6);
    assert.deepEqual(place, { file: "counter.ts", line: 9, column: 3, text: "v.value += 1n;" });
  });

  it("reads the form without line information", () => {
    const { instruction, place, problem } = parseDiagnostic([
      "Verification failed: Policy",
      "At:",
      "  insn 17",
      "        | ^-- error: R0 is not readable",
    ]);
    assert.deepEqual([instruction, place, problem], [17, undefined, ""]);
  });

  it("keeps sections it does not know", () => {
    const { sections } = parseDiagnostic(["Verification failed: X: Y", "Active lock:", "  insn 3"]);
    assert.deepEqual(sections.get("Active lock"), ["  insn 3"]);
  });

  it("never throws, whatever is cut off or changed", () => {
    for (let end = 0; end <= report.length; end++) {
      assert.equal(typeof parseDiagnostic(report.slice(0, end)).reason, "string");
    }
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...report))), (any) => {
        assert.equal(typeof parseDiagnostic(any).category, "string");
      }),
    );
  });
});
