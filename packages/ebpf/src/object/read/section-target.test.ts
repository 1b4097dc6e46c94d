import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { programSpec, type AttachTarget } from "../../spec/program-spec.ts";
import { sectionMeaning, sectionName } from "../section-name.ts";
import { sectionTarget } from "./section-target.ts";

describe("sectionTarget", () => {
  const check = (name: string, expected: AttachTarget): void =>
    assert.deepEqual(sectionTarget(sectionMeaning(name)!), expected);

  it("is what the name says", () => {
    const switched = { kind: "tracepoint", category: "sched", name: "sched_switch" } as const;
    check("tracepoint/sched/sched_switch", switched);
    check("tp/sched/sched_switch", switched);
    check("raw_tp.w/f", { kind: "raw_tracepoint", name: "f" });
    check("fentry.s/do_exit", { kind: "fentry", name: "do_exit" });
    check("lsm/file_open", { kind: "lsm", hook: "file_open" });
    check("iter/task", { kind: "iter", name: "task", map: undefined });
    check("kprobe/do_exit+16", { kind: "kprobe", symbol: "do_exit", offset: 16 });
    check("ksyscall/openat", { kind: "ksyscall", name: "openat" });
  });

  it("is many functions", () => {
    check("kretprobe.multi/f", { kind: "kretprobe_multi", functions: { symbols: ["f"] } });
    check("kprobe.session/tcp_*", { kind: "kprobe_session", functions: { pattern: "tcp_*" } });
    check("uprobe.multi.s//bin/sh:m*", {
      kind: "uprobe_multi",
      path: "/bin/sh",
      functions: { pattern: "m*" },
      pid: undefined,
    });
  });

  it("is a probe of a provider", () => {
    const probe = { kind: "usdt", provider: "libc", name: "setjmp", pid: undefined } as const;
    check("usdt/libc.so.6:libc:setjmp", { ...probe, path: "libc.so.6" });
    check("usdt/setjmp", { kind: "none" });
  });

  it("is a path and a function for user space", () => {
    const main = { symbol: "main", offset: 0, pid: undefined };
    check("uprobe//bin/sh:main", { kind: "uprobe", path: "/bin/sh", ...main });
    check("uretprobe.s//a:b:main", { kind: "uretprobe", path: "/a:b", ...main });
    check("uprobe//bin/sh", { kind: "none" });
  });

  it("leaves open what is chosen when attaching", () => {
    check("xdp.frags", { kind: "xdp", interface: undefined, mode: "any" });
    check("tcx/egress", { kind: "tcx", interface: undefined, direction: "egress" });
    check("cgroup/connect4", { kind: "cgroup", cgroup: undefined });
    check("sk_msg", { kind: "sockmap", map: undefined });
  });

  it("is none where there is nothing to attach to", () => {
    check("xdp/cpumap", { kind: "none" });
    check("netkit/peer", { kind: "netkit", interface: undefined, place: "peer" });
    check("netfilter", { kind: "netfilter", hook: undefined });
    check("lwt_seg6local", { kind: "lwt", when: "seg6local", route: undefined });
    check("socket", { kind: "none" });
    check("kprobe", { kind: "none" });
  });

  it("makes the same name again", () => {
    const names = ["tracepoint/a/b", "raw_tp/f", "kprobe/f+8", "uprobe//bin/sh:main", "lsm/h"];
    const probes = ["kprobe.multi/a*", "kretprobe.multi/f", "uretprobe.multi//a:b*", "usdt//a:b:c"];
    const sessions = ["kprobe.session/f", "uprobe.session.s//a:f", "kretsyscall/openat"];
    for (const name of [
      ...names,
      ...probes,
      ...sessions,
      "iter/task",
      "fexit.s/f",
      "xdp.frags",
      "cgroup/bind6",
    ]) {
      const meaning = sectionMeaning(name)!;
      const { type, flags, expectedAttachType } = meaning;
      const attach = expectedAttachType === undefined ? {} : { expectedAttachType };
      const target = sectionTarget(meaning);
      assert.equal(sectionName(programSpec({ type, flags, target, ...attach }, [])), name);
    }
  });
});
