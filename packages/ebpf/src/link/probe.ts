/**
 * Attaching to functions of the kernel and of user space, one at a time.
 *
 * A probe is a perf event with a program on it. Kernels before 4.17, whose perf events know no probes, get it defined in
 * tracefs; the kind of the link tells.
 * @module
 */
import { isNotSupported, NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { KprobeRequest, ProbeRequest, UprobeRequest } from "../kernel/perf-event.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { KprobeTarget, UprobeTarget } from "../spec/program-spec.ts";
import { assertTarget } from "./assert-target.ts";
import { FileFunctions } from "./function-offset.ts";
import { libraryPath } from "./library-path.ts";
import { Link } from "./link.ts";
import { attachToEvent } from "./perf-event.ts";

/**
 * Runs `program` when a function of the kernel is called or returns. Minimum kernel 4.1, for cookies 5.15.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {NotSupportedError} when the kernel has no kprobes; {@link NotFoundError} when it has no such function.
 */
export function attachKprobe(program: Program, target: KprobeTarget): Link {
  assertProgram(program);
  assertTarget(target, ["kprobe", "kretprobe"]);
  const { kind, symbol, address, offset, cookie } = target;
  return attachKernelProbe(program, { kind, place: address ?? symbol, offset }, cookie);
}

/** The same for what is a request already. */
export function attachKernelProbe(
  program: Program,
  request: KprobeRequest,
  cookie: bigint | undefined,
): Link {
  const { kind, place, offset } = request;
  const start = typeof place === "string" ? place : `0x${place.toString(16)}`;
  const label = offset === 0 ? `${kind} ${start}` : `${kind} ${start}+${offset}`;
  return attachProbe(program, request, { label, cookie });
}

/**
 * Runs `program` when a place in a program or library is reached, or the function there returns. Minimum kernel 4.3, for
 * cookies 5.15, with a counter of listeners 4.20.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {InvalidArgumentError} when the file has no such function, or there is no such library.
 * @throws {NotFoundError} when there is no such file.
 */
export function attachUprobe(program: Program, target: UprobeTarget): Link {
  assertProgram(program);
  assertTarget(target, ["uprobe", "uretprobe"]);
  const { kernel } = program;
  const { kind, symbol, offset, pid, counterOffset, cookie } = target;
  const path = libraryPath(kernel, target);
  const start =
    symbol === undefined ? 0 : new FileFunctions(kernel.readFile(path), path).offsetOf(symbol);
  const place = symbol ?? `0x${offset.toString(16)}`;
  const label = `${kind} ${path}:${place}`;
  const request: UprobeRequest = { kind, path, offset: start + offset, pid, counterOffset };
  return attachProbe(program, request, { label, cookie });
}

/** What a link is called, and what the program is told. */
export interface ProbeLabel {
  readonly label: string;
  readonly cookie: bigint | undefined;
}

/** Opens a probe in whichever way the kernel has, and hangs `program` on it. */
export function attachProbe(
  program: Program,
  request: ProbeRequest,
  { label, cookie }: ProbeLabel,
): Link {
  const opened = openEvent(program, request);
  return isNotSupported(opened)
    ? attachInTracefs(program, request, { label, cookie, cause: opened })
    : attachToEvent(program, opened, label, cookie);
}

/** An event, or why perf events know no such probes. Whoever refuses for lack of something newer says so at once. */
function openEvent({ kernel }: Program, request: ProbeRequest): Handle | NotSupportedError {
  try {
    return kernel.openPerfEvent(request);
  } catch (error) {
    if (isNotSupported(error) && error.since === undefined) return error;
    throw error;
  }
}

function attachInTracefs(
  program: Program,
  request: ProbeRequest,
  { label, cookie, cause }: ProbeLabel & { readonly cause: NotSupportedError },
): Link {
  const { kernel } = program;
  if (cookie !== undefined) {
    throw new NotSupportedError(`a cookie for ${label}`, { since: [5, 15], cause });
  }
  using stack = new DisposableStack();
  const { event, definition } = openInTracefs(program, request, cause);
  stack.use(definition);
  stack.use(event);
  kernel.attachToPerfEvent(event, program.handle);
  const more = stack.move();
  return new Link({ kernel, kind: "tracefs_event", target: label, handle: event, more });
}

/** @throws {NotSupportedError} the first reason, when tracefs has no probes either. */
function openInTracefs(
  { kernel }: Program,
  request: ProbeRequest,
  cause: NotSupportedError,
): ReturnType<typeof kernel.openTracefsProbe> {
  try {
    return kernel.openTracefsProbe(request);
  } catch (error) {
    throw isNotSupported(error) ? cause : error;
  }
}
