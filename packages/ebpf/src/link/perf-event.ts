/**
 * Attaching to perf events: what tracepoints, probes and samples have in common.
 *
 * The program is linked to the event. Kernels before 5.15 have no such links; there it hangs on the event itself, which the
 * kind of the link tells.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Program } from "../program/program.ts";
import type { PerfEventName, PerfSampling } from "../spec/program-spec.ts";
import { Link } from "./link.ts";

/** Hangs `program` on `event`, which this owns from now on. */
export function attachToEvent(program: Program, event: Handle, target: string): Link {
  const { kernel } = program;
  using stack = new DisposableStack();
  stack.use(event);
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

/** What is sampled, how often, and where. */
export interface SampleOptions {
  readonly event: PerfEventName;
  readonly sampling: PerfSampling;
  /** Only this process; every one when left out. */
  readonly pid?: number | undefined;
}

/**
 * Runs `program` for each sample, on every CPU that is online now. Minimum kernel 4.9.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {NotSupportedError} when the machine does not count the event.
 */
export function attachPerfEvent(program: Program, { event, sampling, pid }: SampleOptions): Link {
  const { kernel } = program;
  using stack = new DisposableStack();
  const links = kernel.cpus.online.map((cpu) => {
    const opened = kernel.openPerfEvent({ kind: "sample", event, sampling, cpu, pid });
    return stack.use(attachToEvent(program, opened, `${event} on CPU ${cpu}`));
  });
  const [first] = links;
  if (first === undefined) throw new InvalidArgumentError("there is no CPU to take samples on");
  const handle = stack.use(first.handle.duplicate());
  const target = `samples of ${event}`;
  const link = new Link({ kernel, kind: first.kind, target, handle, more: stack.move() });
  return link;
}
