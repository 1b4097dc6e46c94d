import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { cgroupSkb, cgroupSockAddr, sockOps } from "./cgroup.ts";
import { CollectionParts } from "./collection-spec.ts";
import { hashMap } from "./hash-map.ts";
import { iter } from "./iterator.ts";
import { kprobe, kretprobe } from "./kprobe.ts";
import { kprobeMulti, kprobeSession, kretprobeMulti } from "./kprobe-multi.ts";
import { kretsyscall, ksyscall } from "./ksyscall.ts";
import { freplace } from "./freplace.ts";
import { structOps } from "./struct-ops.ts";
import { syscall } from "./syscall.ts";
import { lsm, lsmCgroup } from "./lsm.ts";
import { lpmTrie } from "./lpm-trie.ts";
import { progArray } from "./prog-array.ts";
import { program } from "./program.ts";
import { bloomFilter } from "./queue-map.ts";
import { lwt } from "./lwt.ts";
import { netfilter } from "./netfilter.ts";
import { netkit } from "./netkit.ts";
import { skLookup, skMsg, skReuseport, skSkb } from "./socket-program.ts";
import { sockmap } from "./sockmap.ts";
import { stackTraceMap } from "./stack-trace-map.ts";
import { tc } from "./tc.ts";
import { tcx } from "./tcx.ts";
import { rawTracepointWritable, tpBtf, tracepoint } from "./tracepoint.ts";
import { fentry, fexit, fmodRet, fsession } from "./trampoline.ts";
import { uprobe } from "./uprobe.ts";
import { usdt } from "./usdt.ts";
import { xdp, xdpCpumap, xdpDevmap } from "./xdp.ts";

interface Described {
  readonly type: string;
  readonly expectedAttachType: string | undefined;
  readonly target: object;
}

describe("programs", () => {
  const check = (
    { type, expectedAttachType, target }: Described,
    ...expected: [string, string | undefined, object]
  ): void => assert.deepEqual([type, expectedAttachType, { ...target }], expected);
  const sockets = sockmap("sockets", 2);

  it("of XDP say where", () =>
    check(xdp([], { interface: "eth0", mode: "skb" }), "xdp", "xdp", {
      kind: "xdp",
      interface: "eth0",
      mode: "skb",
    }));
  it("of tcx say which direction", () =>
    check(tcx("egress", []), "sched_cls", "tcx_egress", {
      kind: "tcx",
      interface: undefined,
      direction: "egress",
    }));
  it("of XDP say the way and whether they take fragments", () => {
    assert.equal(xdp([], { way: "netlink" }).target.way, "netlink");
    assert.deepEqual(xdp([], { fragments: "several" }).flags, ["xdp_has_frags"]);
    const both = xdp([], { fragments: "several", flags: ["xdp_has_frags", "any_alignment"] });
    assert.deepEqual(both.flags, ["xdp_has_frags", "any_alignment"]);
    check(xdpDevmap([]), "xdp", "xdp_devmap", { kind: "none" });
    check(xdpCpumap([], { fragments: "several" }), "xdp", "xdp_cpumap", { kind: "none" });
  });
  it("of traffic control say how they are filters", () => {
    const { filter } = tc("ingress", [], {
      interface: "eth0",
      priority: 7,
      result: "class",
    }).target;
    assert.deepEqual([filter.priority, filter.result, filter.handle], [7, "class", undefined]);
    assert.equal(tc("egress", []).expectedAttachType, undefined);
    for (const wrong of [
      { priority: 0 },
      { priority: 65_536 },
      { handle: 1.5 },
      { protocol: -1 },
    ]) {
      assert.throws(() => tc("ingress", [], wrong), InvalidArgumentError);
    }
    const { target } = tc("egress", [], { interface: "eth0", device: "offload" });
    assert.deepEqual([target.device, target.filter.hardware], ["offload", "skip_sw"]);
    for (const wrong of [
      { device: "offload" },
      { device: "offload", interface: "eth0", hardware: "skip_hw" },
      { hardware: "skip" as never },
    ] as const) {
      assert.throws(() => tc("ingress", [], wrong), InvalidArgumentError);
    }
    assert.equal(tcx("ingress", [], { way: "clsact" }).target.way, "clsact");
    check(netkit("peer", [], { interface: "kit0" }), "sched_cls", "netkit_peer", {
      kind: "netkit",
      interface: "kit0",
      place: "peer",
    });
  });
  it("of netfilter and routes may leave the place open", () => {
    check(netfilter([]), "netfilter", "netfilter", { kind: "netfilter", hook: undefined });
    const target = { kind: "lwt", when: "seg6local", route: undefined };
    check(lwt("seg6local", []), "lwt_seg6local", undefined, target);
    const hook = { family: "ipv4", hook: "forward" } as const;
    for (const priority of [-(2 ** 31), 2 ** 31 - 1, 0.5, Number.NaN]) {
      assert.throws(() => netfilter([], { hook: { ...hook, priority } }), InvalidArgumentError);
    }
    const early = { ...hook, priority: -400, flags: ["ip_defrag"] } as const;
    assert.throws(() => netfilter([], { hook: early }), InvalidArgumentError);
    assert.equal(netfilter([], { hook: { ...early, priority: -399 } }).target.hook?.priority, -399);
  });
  it("that choose sockets say whether they migrate", () => {
    check(skReuseport([]), "sk_reuseport", undefined, { kind: "none" });
    const role = "migrate";
    const place = "sk_reuseport_select_or_migrate";
    check(skReuseport([], { role }), "sk_reuseport", place, { kind: "none" });
  });
  it("on control groups are told apart by their place", () => {
    const target = { kind: "cgroup", cgroup: undefined };
    check(cgroupSockAddr("connect6", []), "cgroup_sock_addr", "cgroup_inet6_connect", target);
    check(cgroupSockAddr("sendmsg4", []), "cgroup_sock_addr", "cgroup_udp4_sendmsg", target);
    check(cgroupSkb("ingress", []), "cgroup_skb", "cgroup_inet_ingress", target);
    check(sockOps([], { cgroup: "/g" }), "sock_ops", "cgroup_sock_ops", {
      ...target,
      cgroup: "/g",
    });
  });
  it("on control groups are attached where there is a place", () => {
    assert.throws(() => cgroupSkb("ingres" as "ingress", []), /"ingres"/);
    const expectedAttachType = "xdp_devmpa" as "xdp_devmap";
    assert.throws(() => program("xdp", [], { expectedAttachType }), InvalidArgumentError);
  });
  it("on maps of sockets name them", () => {
    check(skMsg([], { map: sockets }), "sk_msg", "sk_msg_verdict", {
      kind: "sockmap",
      map: "sockets",
    });
    check(skSkb("stream_parser", []), "sk_skb", "sk_skb_stream_parser", {
      kind: "sockmap",
      map: undefined,
    });
  });
  it("on functions name them", () => {
    check(fentry("f", []), "tracing", "trace_fentry", { kind: "fentry", name: "f" });
    check(fexit("f", []), "tracing", "trace_fexit", { kind: "fexit", name: "f" });
    const session = { kind: "fsession", name: "f" };
    check(fsession("f", []), "tracing", "trace_fsession", session);
    check(fmodRet("f", []), "tracing", "modify_return", { kind: "fmod_ret", name: "f" });
    check(lsm("file_open", []), "lsm", "lsm_mac", { kind: "lsm", hook: "file_open" });
    check(kprobe("f", [], { offset: 4 }), "kprobe", undefined, {
      kind: "kprobe",
      symbol: "f",
      offset: 4,
    });
    check(kretprobe("f", []), "kprobe", undefined, { kind: "kretprobe", symbol: "f", offset: 0 });
    check(uprobe({ path: "/p", symbol: "f" }, []), "kprobe", undefined, {
      kind: "uprobe",
      path: "/p",
      symbol: "f",
      offset: 0,
      pid: undefined,
    });
  });
  it("on many functions choose them in one of three ways", () => {
    const make = (functions: string | readonly string[] | readonly bigint[]): object =>
      kprobeMulti(functions, []).target.functions;
    assert.deepEqual(make("tcp_*"), { pattern: "tcp_*" });
    assert.deepEqual(make(["f", "g"]), { symbols: ["f", "g"] });
    assert.deepEqual(make([1n]), { addresses: [1n] });
    assert.equal(kretprobeMulti("f", []).expectedAttachType, "trace_kprobe_multi");
    assert.equal(kprobeSession("f", []).expectedAttachType, "trace_kprobe_session");
    assert.equal(kretprobeMulti("f", []).target.kind, "kretprobe_multi");
    assert.throws(() => make([]), InvalidArgumentError);
    assert.throws(() => make([5] as never), InvalidArgumentError);
    assert.throws(() => make(["f", 5n] as never), InvalidArgumentError);
    assert.throws(() => make(""), InvalidArgumentError);
    assert.throws(() => kprobeMulti(["f", "g"], [], { cookies: [1] }), InvalidArgumentError);
    assert.throws(() => kprobeMulti("f*", [], { cookies: [1] }), InvalidArgumentError);
  });
  it("on system calls and probes of programs name them", () => {
    check(ksyscall("openat", []), "kprobe", undefined, { kind: "ksyscall", name: "openat" });
    check(kretsyscall("openat", [], { cookie: 1 }), "kprobe", undefined, {
      kind: "kretsyscall",
      name: "openat",
      cookie: 1n,
    });
    check(usdt({ path: "libc", name: "setjmp" }, []), "kprobe", undefined, {
      kind: "usdt",
      path: "libc",
      provider: "",
      name: "setjmp",
      pid: undefined,
    });
  });
  it("that walk over objects name these", () =>
    check(iter("bpf_map_elem", [], { map: sockets }), "tracing", "trace_iter", {
      kind: "iter",
      name: "bpf_map_elem",
      map: "sockets",
    }));
  it("that walk over objects stay within one kind of bounds", () => {
    const cgroup = { folder: "/g", order: "self_only" } as const;
    const target = { kind: "iter", name: "cgroup", cgroup };
    check(iter("cgroup", [], { cgroup }), "tracing", "trace_iter", target);
    assert.throws(() => iter("task", [], { pid: 1, tid: 1 }), InvalidArgumentError);
  });
  it("on hooks for a control group name both", () =>
    check(lsmCgroup("file_open", [], { cgroup: "/g" }), "lsm", "lsm_cgroup", {
      kind: "lsm_cgroup",
      hook: "file_open",
      cgroup: "/g",
    }));
  it("that are run like system calls may sleep and have a context", () => {
    const spec = syscall(u32, [], { flags: ["sleepable"] });
    check(spec, "syscall", undefined, { kind: "syscall", context: u32 });
    assert.deepEqual(spec.flags, ["sleepable"]);
  });
  it("that replace others name these", () => {
    const replaced = program("xdp", [], { name: "whole" });
    const target = { kind: "freplace", program: "whole", programType: "xdp", function: "f" };
    check(freplace(replaced, [], { function: "f" }), "ext", undefined, target);
    assert.throws(() => freplace(program("xdp", []), []), InvalidArgumentError);
  });
  it("that change what a tracepoint is given name it", () =>
    check(rawTracepointWritable("f", []), "raw_tracepoint_writable", undefined, {
      kind: "raw_tracepoint",
      name: "f",
    }));
  it("that stand in for functions are told from values", () => {
    const given = { type: "some_ops", members: { name: "x", flags: 1, init: [], exit: () => 0 } };
    const { values, programs } = structOps(given);
    assert.deepEqual(values, { name: "x", flags: 1 });
    assert.deepEqual(Object.keys(programs), ["init", "exit"]);
    assert.equal(programs["exit"]?.kind, "source-program");
    assert.deepEqual(programs["init"]?.target, {
      kind: "struct_ops",
      type: "some_ops",
      member: "init",
    });
    assert.throws(() => structOps({ type: "t", members: { name: "x" } }), InvalidArgumentError);
  });
  it("that choose sockets are in this process's namespace", () =>
    check(skLookup([]), "sk_lookup", "sk_lookup", {
      kind: "sk_lookup",
      netns: "/proc/self/ns/net",
    }));

  it("can be functions instead of instructions", () => {
    const code = (): number => 0;
    const specs = [
      xdp(code),
      tcx("ingress", code),
      tpBtf("sched_switch", (_preempt, previous, next) => previous.pid + next.pid),
      tracepoint("syscalls/sys_enter_openat", (record) => Number(record.id)),
      cgroupSockAddr("connect4", (context) => context.user_port),
      program("socket_filter", code, { license: "MIT", name: "filter" }),
    ];
    for (const spec of specs) assert.equal(spec.kind, "source-program");
    assert.equal(specs[0]?.code, code);
    assert.deepEqual([specs[5]?.license, specs[5]?.name], ["MIT", "filter"]);
    assert.ok(Object.isFrozen(specs[0]));
  });
});

describe("maps", () => {
  const refuses = (make: () => unknown): void => assert.throws(make, InvalidArgumentError);

  it("of prefixes have room for bits in their keys", () =>
    refuses(() => lpmTrie("t", u32, u32, 1)));
  it("of prefixes are not preallocated", () =>
    assert.deepEqual(lpmTrie("t", u64, u32, 1).flags, ["no_prealloc"]));
  it("that filter have 1 to 15 hash functions", () => {
    refuses(() => bloomFilter("b", u32, { maxEntries: 1, hashes: 0 }));
    refuses(() => bloomFilter("b", u32, { maxEntries: 1, hashes: 16 }));
  });
  it("of stacks have a depth", () => {
    refuses(() => stackTraceMap("s", { maxEntries: 1, depth: 0 }));
    assert.equal(stackTraceMap("s", 1).value.size, 127 * 8);
  });
});

describe("CollectionParts", () => {
  const first = xdp([], { name: "first" });
  const unnamed = xdp([]);
  const stages = progArray("stages", {
    maxEntries: 4,
    programs: () => [first, undefined, unnamed],
  });

  it("adds the programs of arrays", () => {
    const parts = new CollectionParts({ start: first, stages });
    assert.deepEqual([...parts.programs.keys()], ["start", "stages_2"]);
    assert.deepEqual(parts.entries, [
      { array: "stages", index: 0, program: "start" },
      { array: "stages", index: 2, program: "stages_2" },
    ]);
    assert.equal(parts.programs.get("stages_2")?.name, "stages_2");
  });

  it("takes maps that are found later, once", () => {
    const parts = new CollectionParts({});
    const counts = hashMap("counts", u32, u64, 1);
    parts.addMap(counts);
    parts.addMap(counts);
    parts.addMap(stages);
    assert.deepEqual([...parts.maps.keys()], ["counts", "stages"]);
    assert.deepEqual([...parts.programs.keys()], ["first", "stages_2"]);
    assert.throws(() => parts.addMap(hashMap("counts", u32, u32, 1)), InvalidArgumentError);
  });
});
