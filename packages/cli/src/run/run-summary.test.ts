import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lossWarnings, textSummary } from "./run-summary.ts";
import type { RunSummary } from "./run-view.ts";

const summary = (differences: Partial<RunSummary> = {}): RunSummary => ({
  seconds: 1.25,
  events: new Map([["calls", 1234]]),
  lost: new Map(),
  missed: new Map(),
  ...differences,
});

describe("textSummary", () => {
  const check = (events: Readonly<Record<string, number>>, text: string): void =>
    assert.equal(textSummary(summary({ events: new Map(Object.entries(events)) })), text);

  it("tells events", () => check({ calls: 1234 }, "1,234 events in 1.3 s"));
  it("tells one event", () => check({ calls: 1 }, "1 event in 1.3 s"));
  it("tells which ring they were of", () =>
    check({ calls: 1000, exits: 2 }, "1,002 events (calls 1,000, exits 2) in 1.3 s"));
  it("tells the time where there is no ring", () => check({}, "ended after 1.3 s"));
});

describe("lossWarnings", () => {
  it("says nothing when nothing was lost", () =>
    assert.deepEqual(lossWarnings(summary({ lost: new Map([["calls", 0]]) })), []));
  it("says what was lost, and missed", () => {
    const [lost, missed] = lossWarnings(
      summary({ lost: new Map([["calls", 5]]), missed: new Map([["onCall", 1]]) }),
    );
    assert.match(lost!, /^warning: 5 events of calls lost: .*make the ring larger/);
    assert.match(missed!, /^warning: onCall was not run 1 time, because/);
  });
});
