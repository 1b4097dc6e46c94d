/**
 * Attaching to perf events: what tracepoints, probes and samples have in common.
 *
 * The program is linked to the event. Kernels before 5.15 have no such links; there it hangs on the event itself, which the
 * kind of the link tells.
 * @module
 */
import { assertOptions, type Checks, isAnything, isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { PerfEventName, PerfSampling } from "../spec/program-spec.ts";
import { cookieOf, isCookie } from "../spec/cookie.ts";
import { assertSamples } from "../spec/perf-event.ts";
import { assertProcess } from "../spec/process.ts";
import { Link } from "./link.ts";

/**
 * Hangs `program` on `event`, which this owns from now on.
 * @throws {NotSupportedError} when a cookie is given and the kernel has no links to events (before 5.15), which hold it.
 */
export function attachToEvent(
  program: Program,
  event: Handle,
  target: string,
  cookie?: bigint,
): Link {
  const { kernel } = program;
  using stack = new DisposableStack();
  stack.use(event);
  cookieOf(cookie);
  try {
    const attributes = { prog: program.handle, target: event, attachType: "perf_event" } as const;
    const perfEvent = cookie === undefined ? {} : { perfEvent: { cookie } };
    const handle = kernel.bpf("linkCreate", { ...attributes, ...perfEvent });
    return new Link({ kernel, kind: "perf_event", target, handle });
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
    if (cookie !== undefined) throw withoutCookies(target, error);
  }
  kernel.attachToPerfEvent(event, program.handle);
  stack.move();
  return new Link({ kernel, kind: "perf_event_ioctl", target, handle: event });
}

function withoutCookies(target: string, cause: NotSupportedError): NotSupportedError {
  return new NotSupportedError(`a cookie for ${target}`, { since: [5, 15], cause });
}

/**
 * Several links as one: closing it closes all, its `info` is that of the first. `owned` holds them.
 * @throws {InvalidArgumentError} when there are none.
 */
export function joinLinks(
  program: Program,
  target: string,
  links: readonly Link[],
  owned: DisposableStack,
): Link {
  const [first] = links;
  if (first === undefined)
    throw new InvalidArgumentError(`there is nothing to attach to: ${target}`);
  const handle = owned.use(first.handle.duplicate());
  const { kernel } = program;
  return new Link({ kernel, kind: first.kind, target, handle, more: owned.move() });
}

/** What is sampled, how often, and where. */
export interface SampleOptions {
  readonly event: PerfEventName;
  readonly sampling: PerfSampling;
  /** Only this process; every one when left out. */
  readonly pid?: number | undefined;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
}

/**
 * Runs `program` for each sample, on every CPU that is online now. Minimum kernel 4.9, with a cookie 5.15.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {NotSupportedError} when the machine does not count the event.
 * @throws {InvalidArgumentError} when there is no such event, or samples cannot be taken so often.
 */
export function attachPerfEvent(program: Program, options: SampleOptions): Link {
  assertProgram(program);
  assertOptions(options, sampleChecks, "samples");
  const { event, sampling, pid, cookie } = options;
  const { kernel } = program;
  assertSamples(event, sampling);
  assertProcess(pid);
  using stack = new DisposableStack();
  const links = kernel.cpus.online.map((cpu) => {
    const opened = kernel.openPerfEvent({ kind: "sample", event, sampling, cpu, pid });
    return stack.use(attachToEvent(program, opened, `${event} on CPU ${cpu}`, cookie));
  });
  return joinLinks(program, `samples of ${event}`, links, stack);
}

/** What is left out here is looked at by others. */
const sampleChecks: Checks<SampleOptions> = {
  event: isAnything,
  sampling: isObject,
  pid: isAnything,
  cookie: isCookie,
};
