/**
 * Perf events, as far as tracepoints need them: something to hang a program on.
 *
 * An event on a tracepoint is opened for one CPU and every process. That the event counts only there does not matter: a
 * program on it runs at every hit of the tracepoint, on each CPU (kernel/trace/trace_event_perf.c).
 * @module
 */
import type { Handle } from "../../kernel/handle.ts";
import type { Caller } from "../call/caller.ts";
import { Fd, fdOf, rawOf } from "../fd.ts";
import { perfEventAttr } from "../generated/attributes.ts";
import { perfTypeNumbers } from "../generated/constants.ts";
import { type Architecture, type IoctlRequest, ioctlNumber } from "../machine/architecture.ts";
import type { Files } from "../machine/files.ts";
import { KernelRecord } from "../call/record.ts";
import { tracepointId, type TracepointName } from "./tracefs.ts";

// include/uapi/linux/perf_event.h
const closeOnExec = 8;
const everyProcess = -1;
const everyCpu = -1;
const noGroup = -1;
const setBpf: IoctlRequest = { direction: "write", type: "$", number: 8, sizeBytes: 4 };
const enable: IoctlRequest = { direction: "none", type: "$", number: 0, sizeBytes: 0 };
/** PERF_ATTR_SIZE_VER0: as much of the struct as every kernel knows, and all that is needed. */
const attributeBytes = 64;

/** A tracepoint, and whose hits of it count. */
interface TracepointToOpen extends TracepointName {
  /** Only this process; every one when left out. */
  readonly pid?: number | undefined;
  readonly files?: Files | undefined;
}

/**
 * Opens an event on a tracepoint. Minimum kernel 4.7; privileges: CAP_PERFMON and read access to tracefs.
 * @throws {InvalidArgumentError} when there is no such tracepoint.
 * @throws {NotSupportedError} when tracefs is not mounted.
 */
export function openTracepointEvent(caller: Caller, tracepoint: TracepointToOpen): Fd {
  const label = `tracepoint ${tracepoint.category}/${tracepoint.name}`;
  const record = new KernelRecord({ sizeBytes: attributeBytes })
    .set(perfEventAttr.type, perfTypeNumbers.tracepoint)
    .set(perfEventAttr.size, attributeBytes)
    .set(perfEventAttr.config, tracepointId(tracepoint, tracepoint.files))
    .set(perfEventAttr.samplePeriod, 1)
    .set(perfEventAttr.wakeupEvents, 1);
  const { pid } = tracepoint;
  // One of process and CPU must be given; which CPU does not matter.
  const [who, where] = pid === undefined ? [everyProcess, 0] : [pid, everyCpu];
  const number = caller.check(
    caller.bridge.perfEventOpen(record.bytes, who, where, noGroup, closeOnExec),
    { text: `open ${label}`, needs: ["CAP_PERFMON"] },
  );
  return new Fd(caller.bridge, number, { kind: "perf-event", label });
}

/**
 * Hangs a program on an event and switches the event on. Minimum kernel 4.7.
 * @throws {ExistsError} when a program of another kind hangs there.
 */
export function attachToPerfEvent(
  caller: Caller,
  architecture: Architecture,
  { event, program }: { readonly event: Handle; readonly program: Handle },
): void {
  const number = rawOf(event, "perf-event");
  const text = `attach ${fdOf(program, "program").label} to ${fdOf(event).label}`;
  const { bridge } = caller;
  const request = ioctlNumber(architecture, setBpf);
  caller.check(bridge.ioctl(number, request, rawOf(program)), {
    text,
    needs: ["CAP_BPF", "CAP_PERFMON"],
    meanings: {
      EINVAL: { reason: "the program is of another type, or reads beyond the tracepoint's record" },
    },
  });
  caller.check(bridge.ioctl(number, ioctlNumber(architecture, enable), 0), { text });
}
