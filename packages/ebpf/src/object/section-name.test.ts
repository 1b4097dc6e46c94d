import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { programSpec, type AttachTarget, type ProgramSpec } from "../spec/program-spec.ts";
import type { AttachType, ProgramFlag, ProgramType } from "../spec/words.ts";
import { sectionMeaning, sectionName } from "./section-name.ts";

interface Given {
  readonly attach?: AttachType;
  readonly target?: AttachTarget;
  readonly flags?: readonly ProgramFlag[];
}

function spec(type: ProgramType, { attach, target, flags = [] }: Given): ProgramSpec {
  const attachType = attach === undefined ? {} : { expectedAttachType: attach };
  return programSpec({ type, flags, target: target ?? { kind: "none" }, ...attachType }, []);
}

describe("sectionName", () => {
  const check = (type: ProgramType, given: Given, expected: string): void =>
    assert.equal(sectionName(spec(type, given)), expected);
  const named = (kind: "raw_tracepoint" | "tp_btf" | "fentry" | "fexit" | "iter"): Given => ({
    target: { kind, name: "f" },
  });
  const kprobe = (kind: "kprobe" | "kretprobe", offset: number): Given => ({
    target: { kind, symbol: "do_exit", offset },
  });
  const uprobe = (symbol: string | undefined, offset: number): Given => ({
    target: { kind: "uprobe", path: "/bin/sh", symbol, offset, pid: undefined },
  });
  const sleepable = { flags: ["sleepable"] } as const;

  it("is a word for programs that attach to one kind of thing", () => {
    check("socket_filter", {}, "socket");
    check("perf_event", {}, "perf_event");
    check("sched_cls", {}, "tc");
    check("syscall", {}, "syscall");
    check("syscall", sleepable, "syscall");
    check("sk_lookup", { attach: "sk_lookup" }, "sk_lookup");
  });

  it("holds what to attach to", () => {
    const target = { kind: "tracepoint", category: "sched", name: "sched_switch" } as const;
    check("tracepoint", { target }, "tracepoint/sched/sched_switch");
    check("raw_tracepoint", named("raw_tracepoint"), "raw_tp/f");
    check("raw_tracepoint_writable", named("raw_tracepoint"), "raw_tp.w/f");
    check("tracing", { ...named("tp_btf"), attach: "trace_raw_tp" }, "tp_btf/f");
    check("tracing", { ...named("fentry"), attach: "trace_fentry" }, "fentry/f");
    check("tracing", { ...named("iter"), attach: "trace_iter" }, "iter/f");
    check(
      "lsm",
      { target: { kind: "lsm", hook: "file_open" }, attach: "lsm_mac" },
      "lsm/file_open",
    );
  });

  it("tells probes apart by their targets", () => {
    check("kprobe", kprobe("kprobe", 0), "kprobe/do_exit");
    check("kprobe", kprobe("kprobe", 16), "kprobe/do_exit+16");
    check("kprobe", kprobe("kretprobe", 0), "kretprobe/do_exit");
    check("kprobe", uprobe("main", 0), "uprobe//bin/sh:main");
    check("kprobe", uprobe("main", 4), "uprobe//bin/sh:main+4");
    check("kprobe", uprobe(undefined, 4), "uprobe");
    check("kprobe", { attach: "trace_kprobe_multi" }, "kprobe.multi");
    check(
      "kprobe",
      {
        target: { kind: "kretprobe_multi", functions: { symbols: ["do_exit"] } },
        attach: "trace_kprobe_multi",
      },
      "kretprobe.multi/do_exit",
    );
    check("kprobe", {}, "kprobe");
  });

  it("says flags", () => {
    check("tracing", { ...named("fexit"), ...sleepable, attach: "trace_fexit" }, "fexit.s/f");
    check("kprobe", { ...uprobe("main", 0), ...sleepable }, "uprobe.s//bin/sh:main");
    check("xdp", { flags: ["xdp_has_frags"] }, "xdp.frags");
    check("xdp", { flags: ["xdp_has_frags"], attach: "xdp_cpumap" }, "xdp.frags/cpumap");
  });

  it("takes the usual one for programs without attach type", () => {
    check("xdp", {}, "xdp");
    check("xdp", { attach: "xdp" }, "xdp");
    check("cgroup_sock", {}, "cgroup/sock");
    check("sk_reuseport", {}, "sk_reuseport");
    check("sock_ops", {}, "sockops");
    check("sk_skb", {}, "sk_skb");
  });

  it("says the attach type", () => {
    check("cgroup_sock_addr", { attach: "cgroup_inet4_connect" }, "cgroup/connect4");
    check("cgroup_sock_addr", { attach: "cgroup_udp6_recvmsg" }, "cgroup/recvmsg6");
    check("cgroup_sock_addr", { attach: "cgroup_unix_getpeername" }, "cgroup/getpeername_unix");
    check("sched_cls", { attach: "tcx_egress" }, "tcx/egress");
  });

  it("is refused where there is no convention", () => {
    const refuse = (type: ProgramType, given: Given, message: RegExp): void =>
      assert.throws(
        () => sectionName(spec(type, given)),
        (error) => {
          assert.ok(error instanceof InvalidArgumentError);
          assert.match(error.message, message);
          return true;
        },
      );
    refuse("cgroup_sock_addr", {}, /of type cgroup_sock_addr$/);
    refuse("tracing", {}, /of type tracing$/);
    refuse("xdp", { attach: "lsm_mac" }, /of type xdp with attach type lsm_mac$/);
    refuse("xdp", { flags: ["strict_alignment"] }, /of type xdp and flags strict_alignment$/);
    refuse("kprobe", { flags: ["xdp_has_frags"] }, /and flags xdp_has_frags$/);
  });
});

describe("sectionMeaning", () => {
  const check = (name: string, expected: readonly unknown[] | undefined): void => {
    const meaning = sectionMeaning(name);
    const { type, expectedAttachType, flags = [], rest } = meaning ?? {};
    const found = meaning && [type, expectedAttachType, flags.join(" "), rest];
    assert.deepEqual(found, expected);
  };

  it("is type, attach type, flags and what to attach to", () => {
    check("xdp", ["xdp", "xdp", "", ""]);
    check("xdp.frags/devmap", ["xdp", "xdp_devmap", "xdp_has_frags", ""]);
    check("fentry.s/do_exit", ["tracing", "trace_fentry", "sleepable", "do_exit"]);
    check("tp/sched/sched_switch", ["tracepoint", undefined, "", "sched/sched_switch"]);
    check("uprobe//bin/sh:main", ["kprobe", undefined, "", "/bin/sh:main"]);
    check("kretprobe.multi/tcp_*", ["kprobe", "trace_kprobe_multi", "", "tcp_*"]);
  });

  it("is nothing for other sections", () => {
    check(".text", undefined);
    check("xdp/other", undefined);
    check("xdp2", undefined);
    check("kprobes/do_exit", undefined);
    check("", undefined);
  });

  it("reads what sectionName writes", () => {
    for (const type of ["xdp", "sched_cls", "tracepoint", "kprobe", "sk_msg"] as const) {
      assert.equal(sectionMeaning(sectionName(spec(type, {})))?.type, type);
    }
  });
});
