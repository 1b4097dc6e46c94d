/**
 * Attaching to tracepoints by category and name.
 *
 * The tracepoint is opened as a perf event, and the program linked to it. Kernels before 5.15 have no such links;
 * there the program hangs on the event itself, which the kind of the link tells.
 * @module
 */
import { NotSupportedError } from "../kernel/errors.ts";
import type { Program } from "../program/program.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` at every hit of the tracepoint on every CPU. Needs tracefs. Minimum kernel 4.7.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8), and read access to tracefs.
 * @throws {InvalidArgumentError} when there is no such tracepoint, {@link NotSupportedError} when tracefs is not mounted.
 */
export function attachTracepoint(program: Program, category: string, name: string): Link {
  const { kernel } = program;
  const target = `tracepoint ${category}/${name}`;
  using stack = new DisposableStack();
  const event = stack.use(kernel.openTracepointEvent(category, name));
  try {
    const attributes = { prog: program.handle, target: event, attachType: "perf_event" } as const;
    const handle = kernel.bpf("linkCreate", attributes);
    return new Link({ kernel, kind: "perf_event", target, handle });
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
  }
  kernel.attachToPerfEvent(event, program.handle);
  stack.move();
  return new Link({ kernel, kind: "perf_event_ioctl", target, handle: event });
}
