/**
 * Perf events other than tracepoints: samples of a counter, and probes, which are events of sources that the kernel lists
 * in sysfs.
 *
 * Like one on a tracepoint, a probe is opened once and its program runs at every hit on every CPU; samples are taken by
 * one event for each CPU.
 * @module
 */
import { littleEndian, zeroTerminated } from "../../base/bytes.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { PerfEventRequest, ProbeRequest, SampleRequest } from "../../kernel/perf-event.ts";
import type { PerfEventName } from "../../spec/program-spec.ts";
import type { Caller } from "../call/caller.ts";
import type { Meanings, Operation } from "../call/failure.ts";
import { KernelRecord } from "../call/record.ts";
import { Fd } from "../fd.ts";
import { type Member, perfEventAttr } from "../generated/attributes.ts";
import { perfTypeNumbers } from "../generated/constants.ts";
import { type Files, hostFiles } from "../machine/files.ts";

/** PERF_ATTR_SIZE_VER1: up to `config2`, known since 2.6.33. */
const attributeBytes = 72;
const closeOnExec = 8;
const noGroup = -1;
const every = -1;

/** Events by type and number: `enum perf_hw_id` and `perf_sw_ids` of include/uapi/linux/perf_event.h. */
const events: { readonly [Name in PerfEventName]: readonly ["hardware" | "software", number] } = {
  cpu_cycles: ["hardware", 0],
  instructions: ["hardware", 1],
  cache_references: ["hardware", 2],
  cache_misses: ["hardware", 3],
  branch_instructions: ["hardware", 4],
  branch_misses: ["hardware", 5],
  cpu_clock: ["software", 0],
  task_clock: ["software", 1],
  page_faults: ["software", 2],
  context_switches: ["software", 3],
  cpu_migrations: ["software", 4],
  page_faults_min: ["software", 5],
  page_faults_maj: ["software", 6],
};

/**
 * Opens an event. Minimum kernel 4.9 for samples, 4.17 for probes; privileges: CAP_PERFMON.
 * @throws {NotSupportedError} when the machine has no such counter, or the kernel no such probes.
 */
export function openPerfEvent(
  caller: Caller,
  request: PerfEventRequest,
  files: Files = hostFiles,
): Fd {
  if (request.kind === "sample") return openSample(caller, request);
  return openProbe(caller, request, files);
}

/**
 * The word of single bits in `struct perf_event_attr`; of them only `freq` is used, the eleventh.
 *
 *      bit  0          1         …   10     …
 *     +----------+---------+-----+------+---
 *     | disabled | inherit |  …  | freq |      the first bit is the lowest, on big-endian machines the highest
 *     +----------+---------+-----+------+---
 */
const bits: Member = [40, 8];
const frequencyBit = littleEndian ? 1n << 10n : 1n << 53n;

function openSample(caller: Caller, { event, sampling, cpu, pid }: SampleRequest): Fd {
  const [type, config] = events[event];
  const record = new KernelRecord({ sizeBytes: attributeBytes })
    .set(perfEventAttr.type, perfTypeNumbers[type])
    .set(perfEventAttr.size, attributeBytes)
    .set(perfEventAttr.config, config);
  if ("period" in sampling) record.set(perfEventAttr.samplePeriod, sampling.period);
  else record.set(perfEventAttr.sampleFreq, sampling.frequencyHz).set(bits, frequencyBit);
  const label = `samples of ${event} on CPU ${cpu}`;
  return open(caller, record, { label, pid: pid ?? every, cpu, meanings: sampleMeanings(event) });
}

function sampleMeanings(event: PerfEventName): Meanings {
  const missing = {
    kind: "not-supported",
    feature: `the counter ${event}: this machine has none`,
    hint: "cpu_clock works everywhere",
  } as const;
  return {
    ENOENT: missing,
    EOPNOTSUPP: missing,
    EINVAL: {
      reason: "the kernel does not take samples so often",
      hint: "see kernel.perf_event_max_sample_rate",
    },
  };
}

function openProbe(caller: Caller, probe: ProbeRequest, files: Files): Fd {
  const { label, target, offset, pid } = placeOf(probe);
  const record = new KernelRecord({ sizeBytes: attributeBytes })
    .set(perfEventAttr.type, sourceNumber(sourceOf(probe), files))
    .set(perfEventAttr.size, attributeBytes)
    .set(perfEventAttr.config, isReturn(probe) ? 1 << returnBit(sourceOf(probe), files) : 0)
    .point(perfEventAttr.config1, zeroTerminated(target))
    .set(perfEventAttr.config2, offset);
  // One of process and CPU must be given; which CPU does not matter.
  const cpu = pid === undefined ? 0 : every;
  return open(caller, record, { label, pid: pid ?? every, cpu, meanings: probeMeanings });
}

const probeMeanings: Meanings = {
  ENOENT: { reason: "there is no such function or file" },
  EINVAL: { reason: "there is no instruction at this offset, or it cannot be probed" },
  EIO: { reason: "the file is not on a file system that can be probed" },
};

interface Place {
  readonly label: string;
  readonly target: string;
  readonly offset: number;
  readonly pid?: number | undefined;
}

function placeOf(probe: ProbeRequest): Place {
  if ("symbol" in probe) {
    const { kind, symbol, offset } = probe;
    return { label: `${kind} ${symbol}`, target: symbol, offset };
  }
  const { kind, path, offset, pid } = probe;
  return { label: `${kind} ${path}+0x${offset.toString(16)}`, target: path, offset, pid };
}

function isReturn({ kind }: ProbeRequest): boolean {
  return kind === "kretprobe" || kind === "uretprobe";
}

function sourceOf({ kind }: ProbeRequest): "kprobe" | "uprobe" {
  return kind === "kprobe" || kind === "kretprobe" ? "kprobe" : "uprobe";
}

const sources = "/sys/bus/event_source/devices";

/** The number of a source of events. */
function sourceNumber(source: string, files: Files): number {
  const text = files.text(`${sources}/${source}/type`);
  if (text !== undefined) return Number(text);
  throw new NotSupportedError(`${source}s: there is no ${sources}/${source}`, {
    hint: `use a kernel from 4.17 on that was built with CONFIG_${source.toUpperCase()}_EVENTS`,
  });
}

/** The bit of `config` that means the return of the function: `config:0`. */
function returnBit(source: string, files: Files): number {
  const text = files.text(`${sources}/${source}/format/retprobe`);
  return Number(/^config:(\d+)/.exec(text ?? "")?.[1] ?? 0);
}

interface Opening {
  readonly label: string;
  readonly pid: number;
  readonly cpu: number;
  readonly meanings: Meanings;
}

function open(caller: Caller, record: KernelRecord, { label, pid, cpu, meanings }: Opening): Fd {
  const operation: Operation = { text: `open ${label}`, needs: ["CAP_PERFMON"], meanings };
  const { bridge } = caller;
  const number = caller.check(
    bridge.perfEventOpen(record.bytes, pid, cpu, noGroup, closeOnExec, record.pointers),
    operation,
  );
  return new Fd(bridge, number, { kind: "perf-event", label });
}
