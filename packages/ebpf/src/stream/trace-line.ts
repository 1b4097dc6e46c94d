/**
 * Lines of the kernel's trace output, as `trace_pipe` shows them (print_lat_fmt and trace_print_context of
 * kernel/trace/trace_output.c):
 *
 * ```
 *            node-1234    [000] d..21  5432.123456: bpf_trace_printk: text
 *            node-1234    (   1200) [000] d..21  5432.123456: bpf_trace_printk: text    with option record-tgid
 * CPU:1 [LOST 12 EVENTS]
 * ```
 * @module
 */
import { isText } from "../base/checks.ts";

/** A line of the trace output. */
export type TraceLine = TraceMessage | TraceLoss | TraceText;

/** What a program printed. */
export interface TraceMessage {
  readonly kind: "message";
  /** Name of the task that ran, `<...>` when the kernel has forgotten it. */
  readonly task: string;
  /** Number of the task: of the thread, not of the process. */
  readonly pid: number;
  readonly cpu: number;
  /** State of the CPU as letters, such as `d..21`; what they mean stands at the head of tracefs's file `trace`. */
  readonly flags: string;
  /** Seconds of the trace clock, since boot unless it was changed. */
  readonly timestamp: number;
  readonly text: string;
}

/** Messages that were overwritten before anybody read them. */
export interface TraceLoss {
  readonly kind: "lost";
  readonly cpu: number;
  readonly count: number;
}

/** A line that stands for itself: behind a newline in a text, or of a format that is not known. */
export interface TraceText {
  readonly kind: "text";
  readonly text: string;
}

const messagePattern = new RegExp(
  [
    String.raw`^\s*(?<task>.+)-(?<pid>\d+)\s+(?:\([^)]*\)\s+)?\[(?<cpu>\d+)\]`,
    String.raw`(?<flags>\S+)\s+(?<timestamp>\d+\.\d+): \S+: ?(?<text>.*)$`,
  ].join(String.raw`\s+`),
);
const lossPattern = /^CPU:(?<cpu>\d+) \[LOST (?<count>\d+) EVENTS\]$/;

/** What a line says. */
export function parseTraceLine(line: string): TraceLine {
  isText(line, "a line of trace_pipe");
  const message = messagePattern.exec(line)?.groups;
  if (message !== undefined) {
    const { task = "", flags = "", text = "", pid, cpu, timestamp } = message;
    return {
      kind: "message",
      task,
      pid: Number(pid),
      cpu: Number(cpu),
      flags,
      timestamp: Number(timestamp),
      text,
    };
  }
  const loss = lossPattern.exec(line)?.groups;
  if (loss !== undefined) {
    return { kind: "lost", cpu: Number(loss["cpu"]), count: Number(loss["count"]) };
  }
  return { kind: "text", text: line };
}
