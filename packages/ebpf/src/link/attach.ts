/**
 * Attaching a program to what its spec names.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { HasHandle } from "../kernel/handle.ts";
import type { Program } from "../program/program.ts";
import type { AttachTarget, AttachTargetOf } from "../spec/program-spec.ts";
import { attachCgroup } from "./cgroup.ts";
import { attachTcx, attachXdp } from "./interface.ts";
import { attachIterator } from "./iterator.ts";
import type { Link } from "./link.ts";
import { attachNetns } from "./netns.ts";
import { attachPerfEvent } from "./perf-event.ts";
import { attachKprobe, attachUprobe } from "./probe.ts";
import { attachRawTracepoint, attachTpBtf } from "./raw-tracepoint.ts";
import { attachSockmap } from "./sockmap.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachTrampoline } from "./trampoline.ts";

/** Maps that programs are attached to, by their names. */
export type AttachableMaps = ReadonlyMap<string, HasHandle>;

type Attacher<Target> = (program: Program, target: Target, maps: AttachableMaps) => Link;

type Attachers = {
  readonly [Kind in AttachTarget["kind"]]: Attacher<AttachTargetOf<Kind>>;
};

const attachers: Attachers = {
  none: (program) =>
    missing(program, "where it attaches", "make it with tpBtf(…), xdp(…) or the like"),
  tracepoint: (program, { category, name }) => attachTracepoint(program, category, name),
  raw_tracepoint: (program, { name }) => attachRawTracepoint(program, name),
  tp_btf: (program, { name }) => attachTpBtf(program, name),
  fentry: (program, target) => attachTrampoline(program, `start of ${target.name}`),
  fexit: (program, target) => attachTrampoline(program, `return of ${target.name}`),
  fmod_ret: (program, target) => attachTrampoline(program, `result of ${target.name}`),
  lsm: (program, { hook }) => attachTrampoline(program, `LSM hook ${hook}`),
  iter: (program, { name, map }, maps) =>
    attachIterator(program, name, map === undefined ? undefined : mapCalled(program, map, maps)),
  kprobe: attachKprobe,
  kretprobe: attachKprobe,
  uprobe: attachUprobe,
  uretprobe: attachUprobe,
  perf_event: (program, { event, sampling, pid }) => {
    if (event === undefined) return missing(program, "what it samples", eventHint);
    return attachPerfEvent(program, { event, sampling, pid });
  },
  xdp: (program, { interface: name, mode }) => {
    if (name === undefined) return missing(program, "at which interface", interfaceHint);
    return attachXdp(program, name, { mode });
  },
  tcx: (program, { interface: name, direction }) => {
    if (name === undefined) return missing(program, "at which interface", interfaceHint);
    return attachTcx(program, name, { direction });
  },
  cgroup: (program, { cgroup }) => {
    if (cgroup === undefined) return missing(program, "to which control group", cgroupHint);
    return attachCgroup(program, cgroup);
  },
  sockmap: (program, { map }, maps) => {
    if (map === undefined) return missing(program, "to which map of sockets", sockmapHint);
    return attachSockmap(program, mapCalled(program, map, maps));
  },
  sk_lookup: (program, { netns }) => attachNetns(program, "sk_lookup", netns),
  flow_dissector: (program, { netns }) => attachNetns(program, "flow_dissector", netns),
};

const eventHint = 'say { event: "cpu_clock" }, or use attachPerfEvent';
const interfaceHint = 'say { interface: "eth0" }, or use attachXdp or attachTcx';
const cgroupHint = "say { cgroup: FOLDER }, or use attachCgroup";
const sockmapHint = "say { map }, or use attachSockmap";

/**
 * Attaches `program` to the target of its spec; the caller closes the link. `maps` are those that the spec may name.
 * @throws {InvalidArgumentError} when the spec does not say where, or the target does not exist.
 * @throws {PermissionError} without privileges.
 */
export function attach(program: Program, maps: AttachableMaps = new Map()): Link {
  const { target } = program.spec;
  const attacher = attachers[target.kind] as Attacher<AttachTarget>;
  return attacher(program, target, maps);
}

/** Whether `target` says where completely. */
export function isAttachable(target: AttachTarget): boolean {
  if (target.kind === "none") return false;
  if (target.kind === "perf_event") return target.event !== undefined;
  if (target.kind === "xdp" || target.kind === "tcx") return target.interface !== undefined;
  if (target.kind === "cgroup") return target.cgroup !== undefined;
  return target.kind !== "sockmap" || target.map !== undefined;
}

function mapCalled(program: Program, name: string, maps: AttachableMaps): HasHandle {
  const map = maps.get(name);
  if (map !== undefined) return map;
  throw new InvalidArgumentError(
    `program "${program.name}" is for map "${name}", which is not there`,
    { hint: didYouMean(name, maps.keys()) ?? "load the map together with the program" },
  );
}

/** @throws {InvalidArgumentError} always. */
function missing(program: Program, what: string, hint: string): never {
  throw new InvalidArgumentError(`program "${program.name}" does not say ${what}`, { hint });
}
