/**
 * What a trace came to, in words.
 * @module
 */
import { formatByteSize } from "../../value/byte-size.ts";
import type { ExecSummary } from "./exec-view.ts";

/** `"1,234 executions in 10.0 s"`. */
export function textSummary({ events, seconds }: ExecSummary): string {
  return `${countOf(events)} in ${seconds.toFixed(1)} s`;
}

/** That executions were lost, and what helps. */
export function lossWarning(lost: number, ringBytes: number): string {
  const larger = formatByteSize(Math.min(ringBytes * 4, 2 ** 30));
  return (
    `warning: ${countOf(lost)} lost: they came faster than they were read; ` +
    `make room with --ring-size ${larger}, or filter`
  );
}

function countOf(executions: number): string {
  return `${executions.toLocaleString("en")} execution${executions === 1 ? "" : "s"}`;
}
