/**
 * Executions as JSON for programs: an object a line, and at the end one that counts them.
 * @module
 */
import { machineUsers, type Users } from "../../value/users.ts";
import type { ExecEvent } from "./exec-event.ts";
import type { ExecSummary, ExecView } from "./exec-view.ts";
import { formatInstant } from "./wall-clock.ts";

/** The lines of a trace with `--json`. */
export function execJson(users: Users = machineUsers()): ExecView {
  return {
    event: (event) => jsonOf(event, users.nameOf(event.uid)),
    summary: jsonSummary,
  };
}

function jsonOf(event: ExecEvent, user: string | undefined): string {
  return JSON.stringify({
    type: "exec",
    time: formatInstant(event.timeUs),
    pid: event.pid,
    ppid: event.ppid,
    uid: event.uid,
    user,
    command: event.command,
    file: event.file,
    arguments: event.arguments,
    truncated: event.truncated,
  });
}

/** The last line: every execution was either printed before it or is counted as lost in it. */
function jsonSummary({ events, lost, seconds }: ExecSummary): string {
  return JSON.stringify({ type: "summary", events, lost, seconds: Number(seconds.toFixed(3)) });
}
