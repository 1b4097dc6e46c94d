import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestEvent } from "node:test/reporters";
import report from "./reporter.ts";

/** What the reporter prints of tests that ended so: `["passes", "test:pass"]`, inside a suite. */
async function printed(
  ...tests: readonly (readonly [string, "test:pass" | "test:fail", string?])[]
): Promise<string> {
  const event = (type: string, name: string, nesting: number, more: object = {}): TestEvent =>
    ({ type, data: { name, nesting, details: { duration_ms: 1 }, ...more } }) as TestEvent;
  async function* events(): AsyncGenerator<TestEvent, void> {
    yield event("test:start", "suite", 0);
    for (const [name, type, skip] of tests) {
      yield event("test:start", name, 1);
      const error = { cause: new Error("wrong") };
      yield event(type, name, 1, { skip, details: { duration_ms: 1, error } });
    }
    yield event("test:pass", "suite", 0);
  }
  let text = "";
  for await (const part of report(events())) text += part;
  return text;
}

describe("the reporter", () => {
  it("says nothing of what passed", async () =>
    assert.equal((await printed(["adds", "test:pass"])).trim(), ""));
  it("tells what failed, and where", async () => {
    const text = await printed(["adds", "test:pass"], ["divides", "test:fail"]);
    assert.match(text, /suite[^]*divides/);
    assert.doesNotMatch(text, /adds/);
  });
  it("tells what was skipped, and why", async () =>
    assert.match(await printed(["loads", "test:pass", "needs bpf"]), /loads.*# needs bpf/));
});
