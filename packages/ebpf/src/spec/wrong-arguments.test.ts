import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { ipv4Prefix } from "../layout/address/prefix.ts";
import * as spec from "./index.ts";

/** A function that makes specs, with arguments that it takes. */
interface Maker {
  readonly make: (...given: never[]) => unknown;
  readonly given: readonly unknown[];
  /** How many of them have to be there. */
  readonly required: number;
}

const sockets = spec.sockmap("sockets", 2);
const other = spec.xdp([], { name: "other" });
const cookie = 5n;
const common = { name: "n", license: "GPL", flags: [] };
const layouts = { key: u32, inner: spec.hashMap("inner", u32, u64, 1) };
const sized = { maxEntries: 1, flags: [] };
const hook = { family: "ipv4", hook: "forward", priority: 1, flags: [] };
const route = { destination: "10.0.0.0/8", interface: "eth0" };
const place = { path: "libc", symbol: "malloc", offset: 1, pid: 1, counterOffset: 2 };
const places = { path: "libc", symbols: ["malloc"], counterOffsets: [1], pid: 1 };
const run = (): number => 0;

const map = (make: Maker["make"], ...given: readonly unknown[]): Maker => ({
  make,
  given: ["m", ...given],
  required: 1 + given.length,
});
const anywhere = (make: Maker["make"], options: object): Maker => ({
  make,
  given: [[], { ...common, ...options }],
  required: 1,
});
const at = (where: unknown, make: Maker["make"], options: object = {}): Maker => ({
  make,
  given: [where, run, { ...common, ...options }],
  required: 2,
});

const makers: { readonly [Name in keyof typeof spec]?: Maker } = {
  arena: map(spec.arena, 1),
  arrayMap: map(spec.arrayMap, u32, { ...sized, offloadTo: "e" }),
  arrayOfMaps: map(spec.arrayOfMaps, layouts.inner, sized),
  attachedStorage: map(spec.attachedStorage, u32),
  bloomFilter: map(spec.bloomFilter, u32, { ...sized, hashes: 3 }),
  buildIdStackMap: map(spec.buildIdStackMap, { ...sized, depth: 9 }),
  cgroupArray: map(spec.cgroupArray, sized),
  cgroupStorage: map(spec.cgroupStorage, u32),
  config: map(spec.config, u32, 1),
  cpumap: map(spec.cpumap, sized),
  devmap: map(spec.devmap, sized),
  devmapHash: map(spec.devmapHash, sized),
  global: map(spec.global, u32, 1),
  hashMap: map(spec.hashMap, u32, u64, { ...sized, offloadTo: "e" }),
  hashOfMaps: map(spec.hashOfMaps, layouts, sized),
  inodeStorage: map(spec.inodeStorage, u32),
  insnArray: map(spec.insnArray, sized),
  lossCounter: map(spec.lossCounter),
  lpmTrie: map(spec.lpmTrie, ipv4Prefix, u64, sized),
  lruHashMap: map(spec.lruHashMap, u32, u64, sized),
  lruPerCpuHashMap: map(spec.lruPerCpuHashMap, u32, u64, sized),
  perCpuArrayMap: map(spec.perCpuArrayMap, u32, sized),
  perCpuAttachedStorage: map(spec.perCpuAttachedStorage, u32),
  perCpuHashMap: map(spec.perCpuHashMap, u32, u64, sized),
  perfEventArray: {
    make: spec.perfEventArray,
    given: ["m", u64, { pagesPerCpu: 8, wakeup: { events: 1 }, mode: "keep", minEventBytes: 8 }],
    required: 2,
  },
  progArray: map(spec.progArray, { ...sized, programs: () => [] }),
  queueMap: map(spec.queueMap, u32, sized),
  resizableHashMap: map(spec.resizableHashMap, u32, u64, sized),
  reuseportSockarray: map(spec.reuseportSockarray, sized),
  ringbuf: map(spec.ringbuf, u64, {
    sizeBytes: 4096,
    lossCounter: spec.lossCounter("lost"),
    minEventBytes: 4,
  }),
  skStorage: map(spec.skStorage, u32),
  sockhash: map(spec.sockhash, u32, sized),
  sockmap: map(spec.sockmap, sized),
  stackMap: map(spec.stackMap, u32, sized),
  stackTraceMap: map(spec.stackTraceMap, { ...sized, depth: 9 }),
  taskStorage: map(spec.taskStorage, u32),
  userRingbuf: map(spec.userRingbuf, u64, 4096),
  xskmap: map(spec.xskmap, sized),
  resized: { make: spec.resized, given: [sockets, 3], required: 2 },

  cgroupDevice: anywhere(spec.cgroupDevice, { cgroup: "/g" }),
  cgroupSysctl: anywhere(spec.cgroupSysctl, { cgroup: "/g" }),
  sockOps: anywhere(spec.sockOps, { cgroup: "/g" }),
  flowDissector: anywhere(spec.flowDissector, { netns: "/n" }),
  netfilter: anywhere(spec.netfilter, { hook }),
  perfEvent: anywhere(spec.perfEvent, { event: "cpu_clock", frequencyHz: 9, pid: 1, cookie }),
  skLookup: anywhere(spec.skLookup, { netns: "/n" }),
  skMsg: anywhere(spec.skMsg, { map: sockets }),
  skReuseport: anywhere(spec.skReuseport, { role: "migrate" }),
  socketFilter: anywhere(spec.socketFilter, {}),
  xdp: anywhere(spec.xdp, { interface: "e", mode: "skb", way: "link", device: "offload" }),
  xdpCpumap: anywhere(spec.xdpCpumap, { fragments: "one" }),
  xdpDevmap: anywhere(spec.xdpDevmap, { fragments: "one" }),

  cgroupSkb: at("ingress", spec.cgroupSkb, { cgroup: "/g" }),
  cgroupSock: at("sock_create", spec.cgroupSock, { cgroup: "/g" }),
  cgroupSockAddr: at("connect4", spec.cgroupSockAddr, { cgroup: "/g" }),
  cgroupSockopt: at("getsockopt", spec.cgroupSockopt, { cgroup: "/g" }),
  fentry: at("f", spec.fentry, { cookie, program: other }),
  fexit: at("f", spec.fexit, { cookie, program: other }),
  fmodRet: at("f", spec.fmodRet, { cookie }),
  fsession: at("f", spec.fsession, { cookie }),
  freplace: at(other, spec.freplace, { function: "f", parameters: [] }),
  iter: at("task", spec.iter, { pid: 1 }),
  kprobe: at("f", spec.kprobe, { offset: 1, cookie }),
  kprobeMulti: at(["f"], spec.kprobeMulti, { cookies: [cookie] }),
  kprobeSession: at(["f"], spec.kprobeSession, { cookies: [cookie] }),
  kretprobe: at("f", spec.kretprobe, { cookie }),
  kretprobeMulti: at(["f"], spec.kretprobeMulti, { cookies: [cookie] }),
  kretsyscall: at("openat", spec.kretsyscall, { cookie }),
  ksyscall: at("openat", spec.ksyscall, { cookie }),
  lsm: at("file_open", spec.lsm, { cookie }),
  lsmCgroup: at("file_open", spec.lsmCgroup, { cgroup: "/g" }),
  lwt: at("xmit", spec.lwt, { route }),
  netkit: at("peer", spec.netkit, { interface: "e" }),
  program: at("xdp", spec.program, { expectedAttachType: "xdp" }),
  rawTracepoint: at("sched_switch", spec.rawTracepoint, { cookie }),
  rawTracepointWritable: {
    make: spec.rawTracepointWritable,
    given: ["bpf_test_finish", [], common],
    required: 2,
  },
  skSkb: at("verdict", spec.skSkb, { map: sockets }),
  syscall: at(u32, spec.syscall),
  tc: at("ingress", spec.tc, {
    interface: "e",
    priority: 1,
    handle: 1,
    protocol: 1,
    classId: 1,
    device: "offload",
    hardware: "skip_sw",
  }),
  tcx: at("ingress", spec.tcx, { interface: "e", way: "tcx" }),
  tpBtf: at("sched_switch", spec.tpBtf, { cookie }),
  tracepoint: at("sched/sched_switch", spec.tracepoint, { cookie }),
  uprobe: at(place, spec.uprobe, { cookie }),
  uprobeMulti: at(places, spec.uprobeMulti, { cookies: [cookie] }),
  uprobeSession: at(places, spec.uprobeSession, { cookies: [cookie] }),
  uretprobe: at(place, spec.uretprobe, { cookie }),
  uretprobeMulti: at(places, spec.uretprobeMulti, { cookies: [cookie] }),
  usdt: at({ path: "libc", provider: "p", name: "n", pid: 1 }, spec.usdt, { cookie }),
  structOps: {
    make: spec.structOps,
    given: [{ type: "t", name: "n", registration: "link", members: { init: run } }],
    required: 1,
  },
};

/** What stands nowhere for anything. */
const wrong: readonly unknown[] = [null, Symbol("wrong"), true, Number.NaN, -1, ""];

/** Members whose values are any text, or any number. */
const takesEmpty: ReadonlySet<string> = new Set(["name", "license", "provider"]);

function refuses({ make }: Maker, given: readonly unknown[], what: string): void {
  const call = make as (...all: readonly unknown[]) => unknown;
  assert.throws(
    () => call(...given),
    (error) => {
      assert.ok(error instanceof InvalidArgumentError, `${what}: ${String(error)}`);
      return error.message !== "";
    },
    what,
  );
}

describe("functions that make specs, given what cannot be meant", () => {
  for (const [name, maker] of Object.entries(makers)) {
    const { make, given, required } = maker;
    it(`${name} takes what can be`, () => {
      (make as (...all: readonly unknown[]) => unknown)(...given);
    });
    it(`${name} refuses what is missing`, () => {
      for (let count = 0; count < required; count++) {
        refuses(maker, given.slice(0, count), `${name} with ${count} arguments`);
      }
    });
    it(`${name} refuses what is of another kind`, () => {
      for (const [index] of given.entries()) {
        for (const value of wrong) {
          // The negative and the empty are values of variables, and initial ones of others.
          if (value === -1 && (name === "config" || name === "global") && index === 2) continue;
          const changed = given.with(index, value);
          refuses(maker, changed, `${name} with ${String(value)} as argument ${index}`);
        }
      }
    });
    it(`${name} looks at each member of its options`, () => {
      for (const [index, options] of given.entries()) {
        if (!isPlain(options)) continue;
        for (const [member, value] of wrongMembers(options)) {
          const changed = given.with(index, { ...options, [member]: value });
          refuses(maker, changed, `${name} with ${member} ${String(value)}`);
        }
        const misspelled = given.with(index, { ...options, nmae: 1 });
        refuses(maker, misspelled, `${name} with a member that there is not`);
      }
    });
  }

  it("are all in the table", () => {
    const functions = Object.entries(spec).filter(([, value]) => typeof value === "function");
    const missing = functions.map(([name]) => name).filter((name) => !(name in makers));
    assert.deepEqual(missing, ["installKernelSide"]);
  });
});

/** Each member with each value that it cannot have. */
function* wrongMembers(options: object): Generator<readonly [string, unknown]> {
  for (const member of Object.keys(options)) {
    for (const value of wrong) {
      if (value !== "" || !takesEmpty.has(member)) yield [member, value];
    }
  }
}

/** Whether it is an object of members, and no spec or layout. */
function isPlain(value: unknown): value is object {
  return typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype
    ? !("kind" in (value as object)) && !("read" in (value as object))
    : false;
}
