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
import { attachIterator } from "./iterator.ts";
import type { Link } from "./link.ts";
import { attachLwt } from "./lwt.ts";
import { attachNetfilter } from "./netfilter.ts";
import { attachNetns } from "./netns.ts";
import { attachPerfEvent } from "./perf-event.ts";
import { attachSyscall } from "./ksyscall.ts";
import { attachKprobe, attachUprobe } from "./probe.ts";
import { attachKprobeMulti, attachUprobeMulti } from "./probe-multi.ts";
import { attachRawTracepoint, attachTpBtf } from "./raw-tracepoint.ts";
import { attachSockmap } from "./sockmap.ts";
import { attachTc } from "./tc.ts";
import { attachNetkit, attachTcx } from "./tcx.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachTrampoline } from "./trampoline.ts";
import { attachUsdt } from "./usdt.ts";
import { attachXdp } from "./xdp.ts";

/** Maps that programs are attached to, by their names. */
export type AttachableMaps = ReadonlyMap<string, HasHandle>;

type Attacher<Target> = (program: Program, target: Target, maps: AttachableMaps) => Link;

type Attachers = {
  readonly [Kind in AttachTarget["kind"]]: Attacher<AttachTargetOf<Kind>>;
};

const attachers: Attachers = {
  none: (program) => missing(program, "where it attaches", hintFor(program)),
  tracepoint: (program, { category, name, cookie }) =>
    attachTracepoint(program, category, name, cookie),
  raw_tracepoint: (program, { name, cookie }) => attachRawTracepoint(program, name, cookie),
  tp_btf: (program, { name }) => attachTpBtf(program, name),
  fentry: (program, target) => attachTrampoline(program, `start of ${target.name}`),
  fexit: (program, target) => attachTrampoline(program, `return of ${target.name}`),
  fsession: (program, target) => attachTrampoline(program, `start and return of ${target.name}`),
  fmod_ret: (program, target) => attachTrampoline(program, `result of ${target.name}`),
  lsm: (program, { hook }) => attachTrampoline(program, `LSM hook ${hook}`),
  lsm_cgroup: (program, { cgroup }) => {
    if (cgroup === undefined) return missing(program, "for which control group", cgroupHint);
    return attachCgroup(program, cgroup);
  },
  freplace: (program, { program: replaced, function: name }) =>
    attachTrampoline(program, `${name ?? "main function"} of program ${replaced}`),
  struct_ops: (program) => missing(program, "anything to attach it to", structOpsHint),
  syscall: (program) => missing(program, "where it attaches", "run it: program.run({ context })"),
  iter: (program, { name, map, ...bounds }, maps) =>
    attachIterator(program, name, {
      ...bounds,
      map: map === undefined ? undefined : mapCalled(program, map, maps),
    }),
  kprobe: attachKprobe,
  kretprobe: attachKprobe,
  kprobe_multi: attachKprobeMulti,
  kretprobe_multi: attachKprobeMulti,
  kprobe_session: attachKprobeMulti,
  ksyscall: attachSyscall,
  kretsyscall: attachSyscall,
  uprobe: attachUprobe,
  uretprobe: attachUprobe,
  uprobe_multi: attachUprobeMulti,
  uretprobe_multi: attachUprobeMulti,
  uprobe_session: attachUprobeMulti,
  usdt: attachUsdt,
  perf_event: (program, { event, sampling, pid, cookie }) => {
    if (event === undefined) return missing(program, "what it samples", eventHint);
    return attachPerfEvent(program, { event, sampling, pid, cookie });
  },
  xdp: (program, { interface: name, mode, way }) => {
    if (name === undefined) return missing(program, "at which interface", interfaceHint);
    return attachXdp(program, name, { mode, way });
  },
  tcx: (program, { interface: name, direction, way }) => {
    if (name === undefined) return missing(program, "at which interface", interfaceHint);
    return attachTcx(program, name, { direction, way });
  },
  tc: (program, { interface: name, direction, filter }) => {
    if (name === undefined) return missing(program, "at which interface", interfaceHint);
    return attachTc(program, name, { direction, ...filter });
  },
  netkit: (program, { interface: name, place }) => {
    if (name === undefined) return missing(program, "at which interface", interfaceHint);
    return attachNetkit(program, name, { place });
  },
  netfilter: (program, { hook }) => {
    if (hook === undefined) return missing(program, "at which hook", hookHint);
    return attachNetfilter(program, hook);
  },
  lwt: (program, { route }) => {
    if (route === undefined) return missing(program, "for which route", routeHint);
    return attachLwt(program, route);
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

const structOpsHint = "it is one function of a struct: register the struct";
const eventHint = 'say { event: "cpu_clock" }, or use attachPerfEvent';
const interfaceHint = 'say { interface: "eth0" }, or use attachXdp, attachTcx or the like';
const hookHint =
  'say { hook: { family: "ipv4", hook: "local_in", priority: 0 } }, or use attachNetfilter';
const routeHint =
  'say { route: { destination: "10.9.0.0/16", interface: "eth0" } }, or use attachLwt';
const cgroupHint = "say { cgroup: FOLDER }, or use attachCgroup";
const sockmapHint = "say { map }, or use attachSockmap";

/** What to do with a program whose spec names no place. */
function hintFor({ spec }: Program): string {
  const attacher = byHand[spec.expectedAttachType ?? spec.type] ?? byHand[spec.type];
  return attacher ?? "make it with tpBtf(…), xdp(…) or the like";
}

const byHand: { readonly [TypeOrPlace in string]?: string } = {
  socket_filter: "attach it to a socket with attachSocketFilter",
  sk_reuseport: "attach it to a socket with attachReuseport",
  xdp_devmap: "put it into a devmap, together with an interface",
  xdp_cpumap: "put it into a cpumap, together with the size of a queue",
};

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
  if ("interface" in target) return target.interface !== undefined;
  if (target.kind === "netfilter") return target.hook !== undefined;
  if (target.kind === "lwt") return target.route !== undefined;
  if (target.kind === "cgroup" || target.kind === "lsm_cgroup") return target.cgroup !== undefined;
  if (target.kind === "struct_ops" || target.kind === "syscall") return false;
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
