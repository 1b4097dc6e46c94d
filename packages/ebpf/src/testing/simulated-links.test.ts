import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "../asm/assemble.ts";
import { mov } from "../asm/alu.ts";
import { call, exit } from "../asm/call.ts";
import { r0 } from "../isa/register.ts";
import { attachCgroup, queryCgroup } from "../link/cgroup.ts";
import { attachNetfilter } from "../link/netfilter.ts";
import { openPinnedLink } from "../link/open-pinned.ts";
import { attachKprobe } from "../link/probe.ts";
import { attachRawTracepoint } from "../link/raw-tracepoint.ts";
import { attachSocketFilter } from "../link/socket.ts";
import { attachTc } from "../link/tc.ts";
import { attachTcx } from "../link/tcx.ts";
import { attachTracepoint } from "../link/tracepoint.ts";
import { attachXdp } from "../link/xdp.ts";
import { loadProgram } from "../program/load.ts";
import type { Program } from "../program/program.ts";
import { createSimulatedKernel, type SimulatedKernel } from "../sim/simulated-kernel.ts";
import { program } from "../spec/program.ts";
import type { AttachType, ProgramType } from "../spec/words.ts";

const kprobeAt = { kind: "kprobe", offset: 0 } as const;

/** A program that returns a number. */
function returning(
  kernel: SimulatedKernel,
  result: number,
  [type, expectedAttachType]: readonly [ProgramType, AttachType?] = ["sched_cls"],
): Program {
  const options = { name: `gives_${result}`, ...(expectedAttachType && { expectedAttachType }) };
  return loadProgram(kernel, program(type, assemble([mov(r0, result), exit()]), options));
}

const packet = new Uint8Array(60);

describe("links of the simulated kernel", () => {
  it("have an order, by anchors", () => {
    const kernel = createSimulatedKernel();
    const place = { direction: "ingress" } as const;
    const [last, first, middle] = [0, -1, -1].map((result) => returning(kernel, result));
    using end = attachTcx(last!, "lo", place);
    using start = attachTcx(first!, "lo", { ...place, anchor: { place: "before" } });
    using _ = attachTcx(middle!, "lo", {
      ...place,
      anchor: { place: "after", link: start.handle },
    });
    const { runs } = kernel.fire.receive("lo", packet);
    assert.deepEqual(
      runs.map(({ id }) => id),
      [first!.id, middle!.id, last!.id],
    );
    const queried = kernel.bpf("progQuery", { target: 1, attachType: "tcx_ingress" });
    assert.deepEqual(queried.programs, [first!.id, middle!.id, last!.id]);
    const stale = { expectedRevision: queried.revision - 1n } as const;
    assert.throws(() => attachTcx(middle!, "lo", { ...place, anchor: stale }), /ESTALE/);
    end.close();
    assert.equal(kernel.fire.receive("lo", packet).runs.length, 2);
  });

  it("take another program, and let go of their place", () => {
    const kernel = createSimulatedKernel();
    using drop = returning(kernel, 1, ["xdp"]);
    using pass = returning(kernel, 2, ["xdp"]);
    using link = attachXdp(drop, "lo");
    assert.equal(kernel.fire.receive("lo", packet).verdict, "drop");
    link.update(pass, { expected: drop });
    assert.equal(kernel.fire.receive("lo", packet).verdict, "pass");
    assert.throws(() => link.update(drop, { expected: drop }), { name: "BusyError" });
    const info = link.info();
    assert.deepEqual([info.type, info.programId, info.details["ifindex"]], ["xdp", pass.id, 1]);
    link.detach();
    assert.equal(kernel.fire.receive("lo", packet).runs.length, 0);
    using tracepoint = returning(kernel, 0, ["raw_tracepoint"]);
    using other = attachRawTracepoint(tracepoint, "sys_enter");
    assert.throws(() => other.detach(), { name: "NotSupportedError" });
    assert.throws(() => other.update(tracepoint), { errnoName: "EINVAL" });
  });

  it("live on when they are pinned, and are found by number", () => {
    const kernel = createSimulatedKernel();
    using traced = returning(kernel, 7, ["raw_tracepoint"]);
    const link = attachRawTracepoint(traced, "sys_enter", 3n);
    link.pin("/sys/fs/bpf/link");
    const { id } = link.info();
    link.close();
    assert.equal(kernel.fire.rawTracepoint("sys_enter")[0]?.value, 7);
    using opened = openPinnedLink(kernel, "/sys/fs/bpf/link");
    assert.equal(opened.info().id, id);
    assert.equal(kernel.bpf("linkGetNextId", { startId: 0 }), id);
    using byNumber = kernel.bpf("linkGetFdById", { id });
    assert.equal(byNumber.kind, "link");
  });

  it("of netfilter run by priority, and none twice", () => {
    const kernel = createSimulatedKernel();
    const type = ["netfilter", "netfilter"] as const;
    using accept = returning(kernel, 1, type);
    using drop = returning(kernel, 0, type);
    const hook = { family: "ipv4", hook: "local_in" } as const;
    using late = attachNetfilter(drop, { ...hook, priority: 5 });
    using _ = attachNetfilter(accept, { ...hook, priority: -5 });
    assert.throws(() => attachNetfilter(accept, { ...hook, priority: 5 }), { name: "BusyError" });
    const { runs, verdict } = kernel.fire.netfilter({ hook: "local_in" });
    assert.deepEqual([runs.map(({ value }) => value), verdict], [[1, 0], "drop"]);
    late.close();
    assert.equal(kernel.fire.netfilter({ hook: "local_in" }).verdict, "accept");
  });
});

describe("what the simulated kernel does not have", () => {
  /** Attaching fails with a hint, and works once it was declared. */
  const check = (
    type: ProgramType,
    attach: (program: Program) => Disposable,
    {
      error,
      hint,
      declare,
    }: { error: object; hint: RegExp; declare: (kernel: SimulatedKernel) => void },
  ): void => {
    const kernel = createSimulatedKernel();
    using own = returning(kernel, 0, [type]);
    assert.throws(() => attach(own), { ...error, hint });
    declare(kernel);
    using _ = attach(own);
  };

  it("is a function", () => {
    const probe = (symbol: string) => (own: Program) => attachKprobe(own, { ...kprobeAt, symbol });
    const error = { name: "NotFoundError", errnoName: "ENOENT" };
    const declare = (name: string) => (kernel: SimulatedKernel) => kernel.addFunction(name);
    check("kprobe", probe("vfs_reed"), {
      error,
      hint: /did you mean "vfs_read"/,
      declare: declare("vfs_reed"),
    });
    check("kprobe", probe("my_own"), {
      error,
      hint: /kernel.addFunction\("my_own"\)/,
      declare: declare("my_own"),
    });
  });

  it("is a raw tracepoint", () =>
    check("raw_tracepoint", (own) => attachRawTracepoint(own, "sched_swich"), {
      error: { name: "NotFoundError", errnoName: "ENOENT" },
      hint: /did you mean "sched_switch"/,
      declare: (kernel) => kernel.addTracepoint("sched_swich"),
    }));

  it("is a tracepoint with a record", () =>
    check("tracepoint", (own) => attachTracepoint(own, "app", "start"), {
      error: { name: "InvalidArgumentError" },
      hint: /kernel.addTracepoint\("app\/start"\)/,
      declare: (kernel) => kernel.addTracepoint("app/start"),
    }));

  it("does not happen, either", () => {
    const { fire } = createSimulatedKernel();
    const wrong = { name: "InvalidArgumentError" };
    assert.throws(() => fire.kernelFunction("vfs_reed"), { ...wrong, hint: /"vfs_read"/ });
    assert.throws(() => fire.rawTracepoint("sched_swich"), { ...wrong, hint: /"sched_switch"/ });
    assert.throws(() => fire.tracepoint("sched/sched_swich"), {
      ...wrong,
      hint: /"sched_switch"/,
    });
    assert.deepEqual(fire.systemCall("openat").runs, []);
  });
});

describe("what is attached without links", () => {
  it("are filters of traffic control, by priority", () => {
    const kernel = createSimulatedKernel();
    using goOn = returning(kernel, -1);
    using drop = returning(kernel, 2);
    using second = attachTc(drop, "lo", { direction: "egress", priority: 9 });
    using first = attachTc(goOn, "lo", { direction: "egress", priority: 4 });
    assert.deepEqual([first.kind, first.filter.priority], ["clsact", 4]);
    const { runs, verdict } = kernel.fire.send("lo", packet);
    assert.deepEqual([runs.map(({ value }) => value), verdict], [[-1, 2], "drop"]);
    const again = { direction: "egress", priority: 4, handle: first.filter.handle } as const;
    assert.throws(() => attachTc(drop, "lo", again), { name: "ExistsError" });
    second.close();
    assert.equal(kernel.fire.send("lo", packet).verdict, "pass");
    assert.ok(kernel.network.hasClsact(1));
    first.close();
    assert.ok(!kernel.network.hasClsact(1));
  });

  it("are programs of control groups in the older way", () => {
    const kernel = createSimulatedKernel();
    kernel.addCgroup("/sys/fs/cgroup/app");
    using refuse = returning(kernel, 0, ["cgroup_sysctl", "cgroup_sysctl"]);
    const folder = "/sys/fs/cgroup/app";
    const link = attachCgroup(refuse, folder, { way: "prog_attach" });
    const programs = () => queryCgroup(kernel, folder, { attachType: "cgroup_sysctl" }).programs;
    assert.deepEqual([link.kind, programs()], ["prog_attach", [refuse.id]]);
    link.close();
    assert.deepEqual(programs(), []);
    assert.throws(() => attachCgroup(refuse, "/sys/fs/cgroup/none"), { name: "NotFoundError" });
  });

  it("are XDP programs over netlink, which replace each other", () => {
    const kernel = createSimulatedKernel();
    using drop = returning(kernel, 1, ["xdp"]);
    using pass = returning(kernel, 2, ["xdp"]);
    using first = attachXdp(drop, "lo", { way: "netlink" });
    assert.throws(() => attachXdp(pass, "lo", { way: "netlink" }), { name: "BusyError" });
    using second = attachXdp(pass, "lo", { replace: drop });
    assert.deepEqual(kernel.network.xdpPrograms(1)[0]?.program, pass.id);
    first.close();
    assert.equal(kernel.fire.receive("lo", packet).runs.length, 1);
    second.close();
    assert.equal(kernel.fire.receive("lo", packet).runs.length, 0);
    assert.throws(() => attachXdp(pass, 99), { name: "NotFoundError" });
  });

  it("are filters of sockets", () => {
    const kernel = createSimulatedKernel();
    using socket = kernel.addSocket();
    using filter = returning(kernel, 20, ["socket_filter"]);
    using link = attachSocketFilter(filter, socket);
    assert.equal(kernel.fire.socketFilter(socket, packet).length, 20);
    link.close();
    assert.equal(kernel.fire.socketFilter(socket, packet).length, 60);
  });
});

describe("a program that is not attached", () => {
  it("runs on values that fit its kind", () => {
    const kernel = createSimulatedKernel();
    const cookie = [call("get_attach_cookie"), exit()];
    using probe = loadProgram(kernel, program("kprobe", assemble(cookie)));
    assert.equal(kernel.run(probe, { args: [1, 2], cookie: 77n }).result, 77n);
    using xdp = returning(kernel, 2, ["xdp"]);
    const { value, packet: left } = kernel.run(xdp, { packet });
    assert.deepEqual([value, left?.length], [2, 60]);
    using traced = returning(kernel, 1, ["tracepoint"]);
    assert.throws(() => kernel.run(traced), { name: "InvalidArgumentError", hint: /bytes/ });
  });
});
