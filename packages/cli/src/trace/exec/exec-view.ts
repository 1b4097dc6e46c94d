/**
 * How executions are shown: what a table and JSON have in common.
 * @module
 */
import type { ExecEvent } from "./exec-event.ts";

/** Turns executions into lines. */
export interface ExecView {
  /** The line before the first execution, if there is one. */
  readonly header?: string;
  /** The line of one execution. */
  readonly event: (event: ExecEvent) => string;
  /** The line behind the last execution, if there is one; else the summary is told beside the output. */
  readonly summary?: (summary: ExecSummary) => string;
}

/** What a trace comes to. */
export interface ExecSummary {
  /** Executions that were shown. */
  readonly events: number;
  /** Executions that were not, because there was no room for them between the kernel and here. */
  readonly lost: number;
  /** How long it was looked. */
  readonly seconds: number;
}
