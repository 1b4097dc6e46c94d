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
import { type Meanings, raise } from "../call/failure.ts";
import { KernelRecord } from "../call/record.ts";
import { Fd } from "../fd.ts";
import { type Member, perfEventAttr } from "../generated/attributes.ts";
import { perfTypeNumbers } from "../generated/constants.ts";
import { type Files, hostFiles } from "../machine/files.ts";
import { probeLabel, probeMeanings } from "./probe-words.ts";

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
  return open(caller, record, {
    label,
    pid: pid ?? every,
    cpu,
    meanings: () => sampleMeanings(event),
  });
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
  const source = sourceOf(probe);
  const record = new KernelRecord({ sizeBytes: attributeBytes })
    .set(perfEventAttr.type, sourceNumber(source, files))
    .set(perfEventAttr.size, attributeBytes)
    .set(perfEventAttr.config, configOf(probe, files))
    // Without a name an address is meant (perf_kprobe_init of kernel/trace/trace_event_perf.c).
    .point(perfEventAttr.config1, target === undefined ? undefined : zeroTerminated(target))
    .set(perfEventAttr.config2, offset);
  // One of process and CPU must be given; which CPU does not matter.
  const cpu = pid === undefined ? 0 : every;
  const meanings = (): Meanings => probeMeanings(probe, files);
  return open(caller, record, { label, pid: pid ?? every, cpu, meanings });
}

interface Place {
  readonly label: string;
  /** Name of a function, or path of a file. */
  readonly target: string | undefined;
  readonly offset: number | bigint;
  readonly pid?: number | undefined;
}

function placeOf(probe: ProbeRequest): Place {
  const label = probeLabel(probe);
  if ("path" in probe) return { label, target: probe.path, offset: probe.offset, pid: probe.pid };
  const { place, offset } = probe;
  if (typeof place === "string") return { label, target: place, offset };
  return { label, target: undefined, offset: place + BigInt(offset) };
}

function isReturn({ kind }: ProbeRequest): boolean {
  return kind === "kretprobe" || kind === "uretprobe";
}

function sourceOf({ kind }: ProbeRequest): "kprobe" | "uprobe" {
  return kind === "kprobe" || kind === "kretprobe" ? "kprobe" : "uprobe";
}

/**
 * What `config` of a probe says: whether it is on the return, and where the counter of listeners is. Which bits those
 * are, the source lists; so far they have always been these.
 *
 *      bit  0            1 … 31     32 … 63
 *     +-----------+---------+------------------+
 *     | retprobe  |         | ref_ctr_offset   |
 *     +-----------+---------+------------------+
 */
function configOf(probe: ProbeRequest, files: Files): bigint {
  const source = sourceOf(probe);
  const onReturn = isReturn(probe) ? 1n << BigInt(bitOf(source, "retprobe", files) ?? 0) : 0n;
  const counter = "path" in probe ? probe.counterOffset : undefined;
  if (counter === undefined) return onReturn;
  const bit = bitOf(source, "ref_ctr_offset", files);
  if (bit === undefined) {
    throw new NotSupportedError("probes that count their listeners", { since: [4, 20] });
  }
  return onReturn | (BigInt(counter) << BigInt(bit));
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

/** The first bit of `config` that a format is about: `config:0` or `config:32-63`. */
function bitOf(source: string, format: string, files: Files): number | undefined {
  const text = files.text(`${sources}/${source}/format/${format}`);
  const bit = /^config:(\d+)/.exec(text ?? "")?.[1];
  return bit === undefined ? undefined : Number(bit);
}

interface Opening {
  readonly label: string;
  readonly pid: number;
  readonly cpu: number;
  /** Asked for words only when it failed. */
  readonly meanings: () => Meanings;
}

function open(caller: Caller, record: KernelRecord, { label, pid, cpu, meanings }: Opening): Fd {
  const { bridge } = caller;
  const { bytes, pointers } = record;
  const number = bridge.perfEventOpen(bytes, pid, cpu, noGroup, closeOnExec, pointers);
  if (number < 0) {
    raise(-number, { text: `open ${label}`, needs: ["CAP_PERFMON"], meanings: meanings() });
  }
  return new Fd(bridge, number, { kind: "perf-event", label });
}
