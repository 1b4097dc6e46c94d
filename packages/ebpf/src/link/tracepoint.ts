/**
 * Attaching to tracepoints by category and name.
 * @module
 */
import { assertText } from "../base/arguments.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { Link } from "./link.ts";
import { attachToEvent } from "./perf-event.ts";

/**
 * Runs `program` at every hit of the tracepoint on every CPU. Needs tracefs. Minimum kernel 4.7, with a cookie 5.15.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8), and read access to tracefs.
 * @throws {InvalidArgumentError} when there is no such tracepoint, {@link NotSupportedError} when tracefs is not mounted.
 */
export function attachTracepoint(
  program: Program,
  category: string,
  name: string,
  cookie?: bigint,
): Link {
  assertProgram(program);
  assertText(category, "the category of a tracepoint");
  assertText(name, "the name of a tracepoint");
  const event = program.kernel.openTracepointEvent(category, name);
  return attachToEvent(program, event, `tracepoint ${category}/${name}`, cookie);
}
