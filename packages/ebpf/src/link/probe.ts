/**
 * Attaching to functions of the kernel and of user space.
 * @module
 */
import type { ProbeRequest } from "../kernel/perf-event.ts";
import type { Program } from "../program/program.ts";
import type { KprobeTarget, UprobeTarget } from "../spec/program-spec.ts";
import { functionOffset } from "./function-offset.ts";
import type { Link } from "./link.ts";
import { attachToEvent } from "./perf-event.ts";

/**
 * Runs `program` when a function of the kernel is called or returns. Minimum kernel 4.17.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {NotSupportedError} when the kernel has no kprobes; {@link NotFoundError} when it has no such function.
 */
export function attachKprobe(program: Program, { kind, symbol, offset }: KprobeTarget): Link {
  return attachProbe(program, { kind, symbol, offset }, `${kind} ${symbol}`);
}

/**
 * Runs `program` when a place in a program or library is reached, or the function there returns. Minimum kernel 4.17.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {InvalidArgumentError} when the file has no such function; {@link NotFoundError} when there is no such file.
 */
export function attachUprobe(program: Program, target: UprobeTarget): Link {
  const { kind, path, symbol, offset, pid } = target;
  const start =
    symbol === undefined ? 0 : functionOffset(program.kernel.readFile(path), path, symbol);
  const place = symbol ?? `0x${offset.toString(16)}`;
  return attachProbe(
    program,
    { kind, path, offset: start + offset, pid },
    `${kind} ${path}:${place}`,
  );
}

function attachProbe(program: Program, request: ProbeRequest, target: string): Link {
  return attachToEvent(program, program.kernel.openPerfEvent(request), target);
}
