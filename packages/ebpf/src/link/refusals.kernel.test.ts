import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { BpfError, ClosedError } from "../base/errors.ts";
import { r0 } from "../isa/register.ts";
import { NotFoundError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { u32 } from "../layout/integer.ts";
import { createMap } from "../map/create.ts";
import { loadProgram } from "../program/load.ts";
import { cgroupSkb } from "../spec/cgroup.ts";
import { hashMap } from "../spec/hash-map.ts";
import { iter } from "../spec/iterator.ts";
import { kprobe } from "../spec/kprobe.ts";
import { perfEvent } from "../spec/perf-event.ts";
import { program } from "../spec/program.ts";
import { skSkb } from "../spec/socket-program.ts";
import { sockmap } from "../spec/sockmap.ts";
import { uprobe } from "../spec/uprobe.ts";
import { uprobeMulti } from "../spec/uprobe-multi.ts";
import { usdt } from "../spec/usdt.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { refuse, type Refusal, unchecked } from "../testing/refusals.ts";
import { attachCgroup, queryCgroup } from "./cgroup.ts";
import { attachNetns } from "./netns.ts";
import { attachPerfEvent } from "./perf-event.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachReuseport, attachSocketFilter } from "./socket.ts";
import { attachSockmap } from "./sockmap.ts";
import { usdtProbesIn } from "./usdt-probes.ts";

const kernel = openNativeKernel();
const code = assemble([mov(r0, 1), exit()]);

describe("places on control groups that cannot be meant", needs("root", "bpf", "cgroup2"), () => {
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const group = stack.use(loadProgram(kernel, cgroupSkb("ingress", code, { name: "group" })));
  const other = stack.use(loadProgram(kernel, program("socket_filter", code, { name: "filter" })));
  refuse([
    [
      "refuse a folder that is not there",
      () => attachCgroup(group, "/nope"),
      /nope/,
      NotFoundError,
    ],
    [
      "refuse an ordinary folder",
      () => attachCgroup(group, "/tmp"),
      /not of the right kind.*\n.*cgroup2/s,
      BpfError,
    ],
    ["refuse a file", () => attachCgroup(group, "/etc/passwd"), /not of the right kind/, BpfError],
    ["refuse a number", () => attachCgroup(group, unchecked(5)), /folder of a control group is 5/],
    [
      "refuse nothing",
      () => attachCgroup(group, unchecked(undefined)),
      /control group is undefined/,
    ],
    ["refuse a folder with a zero byte", () => attachCgroup(group, "/tmp\0x"), /u0000/],
    [
      "refuse a program for something else",
      () => attachCgroup(other, "/tmp"),
      /"filter" of type socket_filter is not for control groups/,
    ],
    [
      "refuse an unknown flag",
      () => attachCgroup(group, "/tmp", { flags: [unchecked("allow_mutli")] }),
      /"allow_multi"\?/,
    ],
    [
      "refuse an unknown way",
      () => attachCgroup(group, "/tmp", { way: unchecked("lnik") }),
      /"link"\?/,
    ],
    [
      "refuse to ask an ordinary folder",
      () => queryCgroup(kernel, "/tmp", { attachType: "cgroup_inet_ingress" }),
      /right kind/,
      BpfError,
    ],
    [
      "refuse to ask for an unknown place",
      () => queryCgroup(kernel, "/tmp", { attachType: unchecked("cgroup_ingress") }),
      /place of attachment is "cgroup_ingress"/,
    ],
  ]);
});

describe("sockets that cannot be meant", needs("root", "bpf"), () => {
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const filter = stack.use(loadProgram(kernel, program("socket_filter", code)));
  const verdict = stack.use(loadProgram(kernel, skSkb("stream_verdict", code)));
  const sockets = stack.use(createMap(kernel, sockmap("sockets", 4)));
  const hash = stack.use(createMap(kernel, hashMap("hash", u32, u32, 4)));
  const file = stack.use(kernel.openPath("/proc/self/maps"));
  for (const number of [-1, 1.5, Number.NaN, 2 ** 33]) {
    const message = /descriptor of a socket is/;
    refuse([
      [`refuse ${number} for a filter`, () => attachSocketFilter(filter, number), message],
      [`refuse ${number} for a choice`, () => attachReuseport(filter, number), message],
    ]);
  }
  refuse([
    [
      "refuse nothing for a filter",
      () => attachSocketFilter(filter, unchecked(undefined)),
      /the socket is nothing/,
    ],
    ["refuse a file for a filter", () => attachSocketFilter(filter, file), /not an open socket/],
    [
      "refuse no map of sockets",
      () => attachSockmap(verdict, unchecked(undefined)),
      /sockets is missing/,
    ],
    [
      "refuse another program",
      () => attachSockmap(filter, sockets),
      /not for maps of sockets.*\n.*skMsg/s,
    ],
    ["refuse another map", () => attachSockmap(verdict, hash), /right kind|not support/, BpfError],
    [
      "refuse a namespace that is none",
      () => attachNetns(filter, "sk_lookup", "/tmp"),
      /cannot/,
      SyscallError,
    ],
    [
      "refuse a file that is not there",
      () => attachNetns(filter, "sk_lookup", "/nope"),
      /nope/,
      NotFoundError,
    ],
  ]);
});

describe("samples and probes that cannot be meant", needs("root", "bpf"), () => {
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const samples = stack.use(loadProgram(kernel, perfEvent(code)));
  const event = "cpu_clock";
  const sampling = { frequencyHz: 99 };
  const raw = stack.use(loadProgram(kernel, program("raw_tracepoint", code)));
  const path = process.execPath;
  refuse([
    [
      "refuse an unknown event",
      () => attachPerfEvent(samples, { event: unchecked("cpu_clok"), sampling }),
      /"cpu_clock"\?/,
    ],
    [
      "refuse an unknown event of a spec",
      () => perfEvent(code, { event: unchecked("cpu_clok") }),
      /"cpu_clock"\?/,
    ],
    [
      "refuse no frequency",
      () => attachPerfEvent(samples, { event, sampling: unchecked(undefined) }),
      /frequency of samples is undefined/,
    ],
    ...[0, -1, 1.5, Number.NaN].flatMap((count): Refusal[] => [
      [
        `refuse period ${count}`,
        () => attachPerfEvent(samples, { event, sampling: { period: count } }),
        /period of samples is/,
      ],
      [
        `refuse frequency ${count}`,
        () => attachPerfEvent(samples, { event, sampling: { frequencyHz: count } }),
        /frequency of samples is/,
      ],
      [
        `refuse process ${count} of samples`,
        () => attachPerfEvent(samples, { event, sampling, pid: count }),
        /number of a process is/,
      ],
      [
        `refuse process ${count} of an iterator`,
        () => iter("task", code, { pid: count }),
        /number of a process is/,
      ],
      [
        `refuse thread ${count} of an iterator`,
        () => iter("task", code, { tid: count }),
        /number of a thread is/,
      ],
      [
        `refuse process ${count} of a probe`,
        () => uprobe({ path, offset: 1, pid: count }, code),
        /number of a process is/,
      ],
      [
        `refuse process ${count} of USDT`,
        () => usdt({ path, name: "n", pid: count }, code),
        /number of a process is/,
      ],
    ]),
    ...[-1, 1.5, Number.NaN].flatMap((offset): Refusal[] => [
      [
        `refuse offset ${offset} of a probe`,
        () => uprobe({ path, offset }, code),
        /offset of the place of a uprobe/,
      ],
      [
        `refuse offset ${offset} of many`,
        () => uprobeMulti({ path, offsets: [offset] }, code),
        /offsets of the places of a uprobe_multi/,
      ],
      [
        `refuse offset ${offset} of a function`,
        () => kprobe("f", code, { offset }),
        /offset of a kprobe/,
      ],
      [
        `refuse counter ${offset}`,
        () => uprobe({ path, offset: 1, counterOffset: offset }, code),
        /counterOffset of the place of a u/,
      ],
    ]),
    [
      "refuse a cookie below 0",
      () => attachRawTracepoint(raw, "sched_switch", -1n),
      /-1 is no cookie/,
    ],
    [
      "refuse a cookie of 70 bits",
      () => attachRawTracepoint(raw, "sched_switch", 2n ** 70n),
      /no cookie/,
    ],
    [
      "refuse an unknown tracepoint",
      () => attachRawTracepoint(raw, "sched_swich"),
      /sched_swich/,
      NotFoundError,
    ],
    [
      "refuse no tracepoint",
      () => attachRawTracepoint(raw, unchecked(undefined)),
      /raw tracepoint is undefined/,
    ],
    [
      "refuse a process that is not there",
      () => attachPerfEvent(samples, { event, sampling, pid: 2 ** 22 }),
      /no such process/,
      NotFoundError,
    ],
    ["refuse an unknown type", () => program(unchecked("xpd"), code), /"xdp"\?/],
    [
      "refuse an unknown flag",
      () => xdp(code, { flags: [unchecked("slepable")] }),
      /"sleepable"\?/,
    ],
    [
      "refuse a licence that is no text",
      () => xdp(code, { license: unchecked(5) }),
      /license of an XDP program is 5/,
    ],
    [
      "refuse a name that is no text",
      () => xdp(code, { name: unchecked(5) }),
      /name of an XDP program is 5/,
    ],
    [
      "refuse no instructions",
      () => xdp(unchecked(undefined), {}),
      /neither instructions nor code/,
    ],
  ]);
  it("refuse a library without a name", () => {
    assert.throws(
      () => uprobe({ path: "", symbol: "f" }, code),
      /path of the place of a uprobe is empty/,
    );
    assert.throws(() => usdtProbesIn(kernel, ""), /name of a library or program is empty/);
  });
});

describe("live objects that are given what cannot be meant", needs("root", "bpf"), () => {
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const packets = stack.use(loadProgram(kernel, xdp(code, { name: "packets" })));
  const data = new Uint8Array(64);
  for (const repeat of [-(2 ** 40), 1.5, Number.NaN, 2 ** 33])
    refuse([[`refuse ${repeat} runs`, () => packets.run({ data, repeat }), /how often to run is/]]);
  refuse([
    [
      "refuse packets that are no bytes",
      () => packets.run({ data: unchecked("xx") }),
      /packet of a test run is a text/,
    ],
    [
      "refuse unknown flags of runs",
      () => packets.run({ data, flags: [unchecked("foo")] }),
      /a flag is "foo"/,
    ],
  ]);
  it(
    "refuse to run nothing, or another program than is there",
    { skip: !isAtLeast(kernel.version, [5, 9]) && "no links" },
    () => {
      using raw = loadProgram(kernel, program("raw_tracepoint", code));
      using link = attachRawTracepoint(raw, "sched_switch");
      assert.throws(() => link.update(unchecked(undefined)), /the program to run is missing/);
      assert.throws(() => link.update(packets), SyscallError);
      assert.ok(!link.closed);
      link.close();
      assert.throws(() => link.update(raw), ClosedError);
      assert.throws(() => link.info(), ClosedError);
    },
  );
});
