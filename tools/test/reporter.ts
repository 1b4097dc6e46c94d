/**
 * What a test run prints: failures, skips with their reasons, and the summary lines of node:test.
 *
 * It is Node's own `spec` reporter that sees nothing of tests that passed, so that thousands of them do not bury the
 * one that failed. `--test-reporter=spec` shows them all.
 * @module
 */
import { Readable } from "node:stream";
import { spec } from "node:test/reporters";
import type { TestEvent } from "node:test/reporters";

/** The reporter; the runner calls it with the events of the run. It is the default export because Node wants that. */
export default async function* report(
  events: AsyncIterable<TestEvent>,
): AsyncGenerator<string, void> {
  yield* Readable.from(withoutPasses(events)).pipe(new spec());
}

/**
 * The events but those of tests that passed. A start is held back until something inside is worth telling, and then
 * told along with the end, as `spec` wants its events in pairs.
 */
async function* withoutPasses(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent, void> {
  const held: TestEvent[] = [];
  for await (const event of events) {
    if (isTelling(event)) yield* held.splice(0);
    if (event.type === "test:start") held.push(event);
    else if (!isEnd(event) || held.pop() === undefined) yield event;
  }
}

/** Whether somebody wants to know: it failed, or it did not run. */
function isTelling({ type, data }: TestEvent): boolean {
  return type === "test:fail" || (type === "test:pass" && data.skip !== undefined);
}

/** Whether a test ended. */
function isEnd({ type }: TestEvent): boolean {
  return type === "test:pass" || type === "test:fail";
}
