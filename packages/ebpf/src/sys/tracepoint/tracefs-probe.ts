/**
 * Probes defined in tracefs: the way of kernels whose perf events know no probes (before 4.17).
 *
 * A line in `kprobe_events` or `uprobe_events` makes a tracepoint, which is then opened like any other
 * (Documentation/trace/kprobetrace.rst and uprobetracer.rst). Unlike an open event it outlives the process, so it has to
 * be removed; its name has the number of the process, for people to find what a killed one left behind.
 * @module
 */
import { appendFileSync } from "node:fs";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { ProbeRequest, TracefsProbe } from "../../kernel/perf-event.ts";
import type { Caller } from "../call/caller.ts";
import { fromSystem } from "../call/failure.ts";
import { type Files, hostFiles } from "../machine/files.ts";
import { probeLabel, probeMeanings } from "../perf/probe-words.ts";
import { openTracepointEvent } from "./perf-event.ts";
import { tracefsFolder } from "./tracefs.ts";

/** Where definitions are written to. */
export interface Definitions extends Files {
  readonly append: (path: string, line: string) => void;
}

const hostDefinitions: Definitions = { ...hostFiles, append: appendFileSync };

const group = "ts_ebpf";
let count = 0;

/**
 * Defines a probe and opens an event on it. Minimum kernel 4.1 for functions of the kernel, 4.3 for files; privileges:
 * CAP_PERFMON and write access to tracefs.
 * @throws {NotSupportedError} when tracefs is not mounted, or the kernel has no such probes.
 */
export function openTracefsProbe(
  caller: Caller,
  request: ProbeRequest,
  files: Definitions = hostDefinitions,
): TracefsProbe {
  const path = `${tracefsFolder(files)}/${"path" in request ? "uprobe" : "kprobe"}_events`;
  if (files.text(path) === undefined) {
    throw new NotSupportedError(`probes in tracefs: ${path} is not there or closed`);
  }
  const name = `${request.kind}_${process.pid}_${count++}`;
  const write = (line: string, text: string): void =>
    fromSystem({ text, meanings: probeMeanings(request, files) }, () => files.append(path, line));
  write(`${definition(request, name)}\n`, `define ${probeLabel(request)}`);
  using made = new DisposableStack();
  const definitionOf = {
    [Symbol.dispose]: () => write(`-:${group}/${name}\n`, `remove ${probeLabel(request)}`),
  };
  made.use(definitionOf);
  const pid = "path" in request ? request.pid : undefined;
  const event = openTracepointEvent(caller, { category: group, name, pid, files });
  made.move();
  return { event, definition: definitionOf };
}

/** The line that defines a probe: `p:group/name function+0`, `r:group/name /path:0x10(0x20)`. */
function definition(request: ProbeRequest, name: string): string {
  const letter = request.kind === "kretprobe" || request.kind === "uretprobe" ? "r" : "p";
  return `${letter}:${group}/${name} ${placeText(request)}`;
}

function placeText(request: ProbeRequest): string {
  if ("path" in request) {
    const { path, offset, counterOffset } = request;
    const counter = counterOffset === undefined ? "" : `(0x${counterOffset.toString(16)})`;
    return `${path}:0x${offset.toString(16)}${counter}`;
  }
  const { place, offset } = request;
  if (typeof place === "bigint") return `0x${(place + BigInt(offset)).toString(16)}`;
  return offset === 0 ? place : `${place}+${offset}`;
}
