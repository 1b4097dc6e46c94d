import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { cgroupSkb, cgroupSockAddr, sockOps } from "./cgroup.ts";
import { CollectionParts } from "./collection-spec.ts";
import { hashMap } from "./hash-map.ts";
import { iter } from "./iterator.ts";
import { kprobe, kretprobe } from "./kprobe.ts";
import { lsm } from "./lsm.ts";
import { lpmTrie } from "./lpm-trie.ts";
import { progArray } from "./prog-array.ts";
import { program } from "./program.ts";
import { bloomFilter } from "./queue-map.ts";
import { skLookup, skMsg, skSkb } from "./socket-program.ts";
import { sockmap } from "./sockmap.ts";
import { stackTraceMap } from "./stack-trace-map.ts";
import { tcx } from "./tcx.ts";
import { tpBtf, tracepoint } from "./tracepoint.ts";
import { fentry, fexit, fmodRet } from "./trampoline.ts";
import { uprobe } from "./uprobe.ts";
import { xdp } from "./xdp.ts";

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
  it("that walk over objects name these", () =>
    check(iter("bpf_map_elem", [], { map: sockets }), "tracing", "trace_iter", {
      kind: "iter",
      name: "bpf_map_elem",
      map: "sockets",
    }));
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
