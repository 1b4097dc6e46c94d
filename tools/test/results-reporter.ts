/**
 * The reporter that writes results for programs; see `results.ts`. People read another one beside it.
 * @module
 */
import type { TestEvent } from "node:test/reporters";
import { appendResult, ResultCollector } from "./results.ts";

/** Writes results to `EBPF_TEST_RESULTS`, and nothing to its own destination. Default because Node wants that. */
export default async function* report(
  events: AsyncIterable<TestEvent>,
): AsyncGenerator<string, void> {
  const path = process.env["EBPF_TEST_RESULTS"];
  const collector = new ResultCollector();
  for await (const event of events) {
    const result = collector.resultOf(event);
    if (result !== undefined && path !== undefined) appendResult(path, result);
  }
  yield "";
}
