/**
 * Attaching a program to what its spec names.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { HasHandle } from "../kernel/handle.ts";
import { assertProgram, type Program } from "../program/program.ts";
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

/** Each is called with a target that says where completely. */
const attachers: Attachers = {
  none: refuse,
  struct_ops: refuse,
  syscall: refuse,
  tracepoint: (program, { category, name, cookie }) =>
    attachTracepoint(program, category, name, cookie),
  raw_tracepoint: (program, { name, cookie }) => attachRawTracepoint(program, name, cookie),
  tp_btf: (program, { name, cookie }) => attachTpBtf(program, name, cookie),
  fentry: (program, { name, cookie }) => attachTrampoline(program, `start of ${name}`, cookie),
  fexit: (program, { name, cookie }) => attachTrampoline(program, `return of ${name}`, cookie),
  fsession: (program, { name, cookie }) =>
    attachTrampoline(program, `start and return of ${name}`, cookie),
  fmod_ret: (program, { name, cookie }) => attachTrampoline(program, `result of ${name}`, cookie),
  lsm: (program, { hook, cookie }) => attachTrampoline(program, `LSM hook ${hook}`, cookie),
  lsm_cgroup: (program, { cgroup }) => attachCgroup(program, cgroup!),
  freplace: (program, { program: replaced, function: name }) =>
    attachTrampoline(program, `${name ?? "main function"} of program ${replaced}`),
  iter: (program, { name, map, cgroup, pid, tid }, maps) =>
    attachIterator(program, name, {
      cgroup,
      pid,
      tid,
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
  perf_event: (program, { event, sampling, pid, cookie }) =>
    attachPerfEvent(program, { event: event!, sampling, pid, cookie }),
  xdp: (program, { interface: name, mode, way }) => attachXdp(program, name!, { mode, way }),
  tcx: (program, { interface: name, direction, way }) =>
    attachTcx(program, name!, { direction, way }),
  tc: (program, { interface: name, direction, filter }) =>
    attachTc(program, name!, { direction, ...filter }),
  netkit: (program, { interface: name, place }) => attachNetkit(program, name!, { place }),
  netfilter: (program, { hook }) => attachNetfilter(program, hook!),
  lwt: (program, { route }) => attachLwt(program, route!),
  cgroup: (program, { cgroup }) => attachCgroup(program, cgroup!),
  sockmap: (program, { map }, maps) => attachSockmap(program, mapCalled(program, map!, maps)),
  sk_lookup: (program, { netns }) => attachNetns(program, "sk_lookup", netns),
  flow_dissector: (program, { netns }) => attachNetns(program, "flow_dissector", netns),
};

/** What a program does not say, and what to do about it. */
interface Unsaid {
  readonly what: string;
  readonly hint: string;
}

type Completeness = {
  readonly [Kind in AttachTarget["kind"]]?: (
    target: AttachTargetOf<Kind>,
    program: Program,
  ) => Unsaid | undefined;
};

const cgroupUnsaid = ({ cgroup }: { readonly cgroup: string | undefined }): Unsaid | undefined =>
  unless(cgroup, "for which control group", "say { cgroup: FOLDER }, or use attachCgroup");

const interfaceUnsaid = (target: { readonly interface: string | undefined }): Unsaid | undefined =>
  unless(
    target.interface,
    "at which interface",
    'say { interface: "eth0" }, or use attachXdp, attachTcx or the like',
  );

/** What may be left out of a target; targets of other kinds are complete. */
const completeness: Completeness = {
  none: (_, program) => ({ what: "where it attaches", hint: hintFor(program) }),
  struct_ops: () => ({
    what: "anything to attach it to",
    hint: "it is one function of a struct: register the struct",
  }),
  syscall: () => ({ what: "where it attaches", hint: "run it: program.run({ context })" }),
  perf_event: ({ event }) =>
    unless(event, "what it samples", 'say { event: "cpu_clock" }, or use attachPerfEvent'),
  xdp: interfaceUnsaid,
  tcx: interfaceUnsaid,
  tc: interfaceUnsaid,
  netkit: interfaceUnsaid,
  netfilter: ({ hook }) =>
    unless(
      hook,
      "at which hook",
      'say { hook: { family: "ipv4", hook: "local_in", priority: 0 } }, or use attachNetfilter',
    ),
  lwt: ({ route }) =>
    unless(
      route,
      "for which route",
      'say { route: { destination: "10.9.0.0/16", interface: "eth0" } }, or use attachLwt',
    ),
  cgroup: cgroupUnsaid,
  lsm_cgroup: cgroupUnsaid,
  sockmap: ({ map }) => unless(map, "to which map of sockets", "say { map }, or use attachSockmap"),
};

function unless(said: unknown, what: string, hint: string): Unsaid | undefined {
  return said === undefined ? { what, hint } : undefined;
}

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
  assertProgram(program);
  const { target } = program.spec;
  const attacher = attachers[target.kind] as Attacher<AttachTarget>;
  const incomplete = unplaced(program);
  if (incomplete !== undefined) throw incomplete;
  return attacher(program, target, maps);
}

/** Why {@link attach} would not know where; `undefined` when the spec of `program` says that. */
export function unplaced(program: Program): InvalidArgumentError | undefined {
  const { target } = program.spec;
  const look = completeness[target.kind] as
    | ((target: AttachTarget, program: Program) => Unsaid | undefined)
    | undefined;
  const unsaid = look?.(target, program);
  if (unsaid === undefined) return undefined;
  const { what, hint } = unsaid;
  return new InvalidArgumentError(`program "${program.name}" does not say ${what}`, { hint });
}

function mapCalled(program: Program, name: string, maps: AttachableMaps): HasHandle {
  const map = maps.get(name);
  if (map !== undefined) return map;
  throw new InvalidArgumentError(
    `program "${program.name}" is for map "${name}", which is not there`,
    { hint: didYouMean(name, maps.keys()) ?? "load the map together with the program" },
  );
}

/** @throws {InvalidArgumentError} always: such a program says no place. */
function refuse(program: Program): never {
  throw unplaced(program)!;
}
