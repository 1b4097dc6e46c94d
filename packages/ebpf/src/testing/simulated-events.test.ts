import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileAndLoad } from "../collection/load.ts";
import { bpf, packet, seqPrint } from "../lang/builtins/index.ts";
import { chars, struct, u32, u64 } from "../layout/index.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { cgroupSkb, cgroupSockAddr, cgroupSysctl } from "../spec/cgroup.ts";
import { global } from "../spec/global-spec.ts";
import { iter } from "../spec/iterator.ts";
import { kprobe, kretprobe } from "../spec/kprobe.ts";
import { kprobeMulti } from "../spec/kprobe-multi.ts";
import { ksyscall } from "../spec/ksyscall.ts";
import { lsm } from "../spec/lsm.ts";
import { perfEvent } from "../spec/perf-event.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { tcx } from "../spec/tcx.ts";
import { rawTracepoint, tpBtf, tracepoint } from "../spec/tracepoint.ts";
import { fentry, fexit, fmodRet } from "../spec/trampoline.ts";
import { uprobe, uretprobe } from "../spec/uprobe.ts";
import { usdt } from "../spec/usdt.ts";
import { xdp } from "../spec/xdp.ts";
import type { IteratorLink } from "../link/iterator.ts";

const Seen = struct("seen", { pid: u32, parent: u32, value: u64, comm: chars(16) });
const events = ringbuf("events", Seen, 1 << 16);
/** What programs noted last. */
const noted = global("noted", struct("noted", { first: u64, second: u64, text: chars(16) }), {
  first: 0n,
  second: 0n,
  text: "",
});

const onExec = tpBtf("sched_process_exec", (task, oldPid, bprm) => {
  "use bpf";
  using event = events.reserve();
  if (!event) return 0;
  event.pid = task.tgid;
  event.parent = task.real_parent.tgid;
  event.value = u64(oldPid);
  event.comm = bpf.probeReadKernelStr(bprm.filename);
  events.submit(event);
  return 0;
});

describe("tracepoints", () => {
  it("run programs on objects that a test describes", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { events, onExec });
    loaded.attach();
    const task = { tgid: 7, real_parent: { tgid: 3 } };
    const given = [task, 6, { filename: "/bin/ls" }];
    const [run] = kernel.fire.rawTracepoint("sched_process_exec", given);
    assert.equal(run?.value, 0);
    assert.equal(run.program, "onExec");
    const expected = { pid: 7, parent: 3, value: 6n, comm: "/bin/ls" };
    assert.deepEqual([...loaded.events.drain()], [expected]);
    loaded.detach();
    assert.deepEqual(kernel.fire.rawTracepoint("sched_process_exec", given), []);
  });

  it("give 0 for what a null pointer leads to, as the kernel does", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { events, onExec });
    loaded.attach();
    kernel.fire.rawTracepoint("sched_process_exec", [{ tgid: 7 }, 6, null]);
    assert.deepEqual([...loaded.events.drain()], [{ pid: 7, parent: 0, value: 6n, comm: "" }]);
  });

  it("name a member that the kernel's struct does not have", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { events, onExec });
    loaded.attach();
    assert.throws(() => kernel.fire.rawTracepoint("sched_process_exec", [{ tgidd: 7 }]), {
      name: "InvalidArgumentError",
      message: 'struct task_struct has no member "tgidd"',
      hint: /"tgid"/,
    });
  });

  it("have records whose text lies behind them", async () => {
    const onRecord = tracepoint(
      "sched/sched_process_exec",
      (record) => {
        "use bpf";
        // oxlint-disable-next-line no-underscore-dangle -- the kernel's name
        noted.value.first = u64(record.__data_loc_filename);
        noted.value.second = bpf.getAttachCookie(record);
      },
      { cookie: 9 },
    );
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, onRecord });
    loaded.attach();
    const record = { filename: "/bin/true", pid: 8, old_pid: 8 };
    assert.equal(kernel.fire.tracepoint("sched/sched_process_exec", record).length, 1);
    const { first, second } = loaded.noted.value;
    // The length with the zero byte in the upper half, and where it is: behind the struct.
    assert.deepEqual([first >> 16n, first & 0xffffn, second], [10n, 20n, 9n]);
  });

  it("give raw programs their arguments", async () => {
    const onSwitch = rawTracepoint("sched_switch", ({ args }) => {
      "use bpf";
      noted.value.first = args[0]!;
      noted.value.second = args[3]!;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, onSwitch });
    loaded.attach();
    kernel.fire.rawTracepoint("sched_switch", [true, null, null, 4]);
    assert.deepEqual(loaded.noted.value, { first: 1n, second: 4n, text: "" });
  });
});

describe("functions of the kernel", () => {
  it("run probes at their start and at their return", async () => {
    const onCall = kprobe("vfs_read", (_file, buffer, count) => {
      "use bpf";
      noted.value.first = u64(count);
      noted.value.text = bpf.probeReadUserStr(buffer);
    });
    const onReturn = kretprobe("vfs_read", ({ ax }) => {
      "use bpf";
      noted.value.second = u64(ax);
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, onCall, onReturn });
    loaded.attach();
    const { runs, result } = kernel.fire.kernelFunction("vfs_read", {
      args: [{}, "text", 10],
      result: 4,
    });
    assert.deepEqual([runs.length, result], [2, 4n]);
    assert.deepEqual(loaded.noted.value, { first: 10n, second: 4n, text: "text" });
  });

  it("run programs that know their arguments, and let one decide what is returned", async () => {
    const enter = fentry("vfs_open", (path, file) => {
      "use bpf";
      noted.value.first = u64(file.f_flags);
      noted.value.text = bpf.probeReadKernelStr(path.dentry.d_name.name);
    });
    const modify = fmodRet("vfs_open", () => {
      "use bpf";
      return -13;
    });
    const exit = fexit("vfs_open", (_path, _file, result) => {
      "use bpf";
      noted.value.second = u64(result);
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, enter, modify, exit });
    loaded.attach();
    const path = { dentry: { d_name: { name: "passwd" } } };
    const call = { args: [path, { f_flags: 10 }], result: 4 };
    const { result } = kernel.fire.kernelFunction("vfs_open", call);
    assert.equal(BigInt.asIntN(64, result), -13n);
    const { first, second, text } = loaded.noted.value;
    assert.deepEqual([first, BigInt.asIntN(64, second), text], [10n, -13n, "passwd"]);
  });

  it("run one program for many of them, with a cookie each", async () => {
    const onAny = kprobeMulti(
      ["vfs_read", "vfs_write"],
      (regs) => {
        "use bpf";
        noted.value.first = bpf.getAttachCookie(regs);
      },
      { cookies: [5, 6] },
    );
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, onAny });
    loaded.attach();
    kernel.fire.kernelFunction("vfs_write");
    assert.equal(loaded.noted.value.first, 6n);
    kernel.fire.kernelFunction("vfs_read");
    assert.equal(loaded.noted.value.first, 5n);
  });

  it("are system calls, too", async () => {
    const onOpen = ksyscall("openat", (_directory, path, flags) => {
      "use bpf";
      noted.value.first = u64(flags);
      noted.value.text = bpf.probeReadUserStr(path);
    });
    const atTracepoint = tracepoint("syscalls/sys_enter_openat", ({ args }) => {
      "use bpf";
      noted.value.second = u64(args[2]);
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, onOpen, atTracepoint });
    loaded.attach();
    const { runs } = kernel.fire.systemCall("openat", { args: [-100, "/etc/hosts", 2], result: 3 });
    assert.equal(runs.length, 2);
    assert.deepEqual(loaded.noted.value, { first: 2n, second: 2n, text: "/etc/hosts" });
  });
});

describe("user space", () => {
  it("runs probes at functions and their return", async () => {
    const onCall = uprobe({ path: "/bin/app", symbol: "serve" }, ({ di }) => {
      "use bpf";
      noted.value.first = u64(di);
    });
    const onReturn = uretprobe({ path: "/bin/app", symbol: "serve" }, ({ ax }) => {
      "use bpf";
      noted.value.second = u64(ax);
    });
    const kernel = createSimulatedKernel();
    kernel.addProgramFile("/bin/app", { functions: ["main", "serve"] });
    using loaded = await compileAndLoad(kernel, { noted, onCall, onReturn });
    loaded.attach();
    kernel.fire.userFunction("/bin/app", "serve", { args: [11], result: 12 });
    assert.deepEqual(loaded.noted.value, { first: 11n, second: 12n, text: "" });
    assert.equal(kernel.fire.userFunction("/bin/app", "main").runs.length, 0);
    assert.throws(() => kernel.fire.userFunction("/bin/app", "serv"), { hint: /"serve"/ });
  });

  it("has USDT probes, whose arguments lie in registers and on the stack", async () => {
    const onProbe = usdt({ path: "/bin/app", provider: "app", name: "request" }, ({ args }) => {
      "use bpf";
      noted.value.first = args[0]!;
      noted.value.second = args[7]!;
    });
    const kernel = createSimulatedKernel();
    const probes = [{ provider: "app", name: "request", arguments: 8 }];
    kernel.addProgramFile("/bin/app", { probes });
    using loaded = await compileAndLoad(kernel, { noted, onProbe });
    loaded.attach();
    const args = [1, 2, 3, 4, 5, 6, 7, 8];
    assert.equal(kernel.fire.usdt("/bin/app", "app:request", args).length, 1);
    assert.deepEqual(loaded.noted.value, { first: 1n, second: 8n, text: "" });
  });
});

describe("hooks", () => {
  it("of security modules end with the first that refuses", async () => {
    const first = lsm("file_open", (file) => {
      "use bpf";
      return file.f_flags === 2 ? -1 : 0;
    });
    const second = lsm("file_open", () => {
      "use bpf";
      noted.value.first += 1n;
      return 0;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, first, second });
    loaded.attach();
    assert.equal(kernel.fire.lsm("file_open", [{ f_flags: 0 }]).result, 0n);
    const refused = kernel.fire.lsm("file_open", [{ f_flags: 2 }]);
    assert.deepEqual([BigInt.asIntN(64, refused.result), refused.runs.length], [-1n, 1]);
    assert.equal(loaded.noted.value.first, 1n);
  });

  it("of samples have registers", async () => {
    const onSample = perfEvent(
      (sample) => {
        "use bpf";
        noted.value.first = u64(sample.regs.ip);
        noted.value.second = sample.sample_period;
      },
      { event: "cpu_clock", frequencyHz: 9 },
    );
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, onSample });
    loaded.attach();
    kernel.fire.sample({ registers: { ip: 0x1234n }, period: 77 });
    assert.deepEqual(loaded.noted.value, { first: 0x1234n, second: 77n, text: "" });
  });
});

describe("control groups", () => {
  it("let programs refuse and change where a process connects to", async () => {
    const onConnect = cgroupSockAddr("connect4", (ctx) => {
      "use bpf";
      if (ctx.user_port === 80) return 0;
      ctx.user_port = 81;
      return 1;
    });
    const kernel = createSimulatedKernel();
    kernel.addCgroup("/sys/fs/cgroup/app");
    using loaded = await compileAndLoad(kernel, { onConnect });
    const { attachCgroup } = await import("../link/cgroup.ts");
    using _ = attachCgroup(loaded.onConnect, "/sys/fs/cgroup/app");
    const connect = (port: number, cgroup?: string) =>
      kernel.fire.cgroup("cgroup_inet4_connect", { user_port: port }, cgroup ? { cgroup } : {});
    const refused = connect(80, "/sys/fs/cgroup/app");
    assert.deepEqual([refused.allowed, refused.result], [false, -1]);
    const changed = connect(443, "/sys/fs/cgroup/app");
    assert.deepEqual([changed.allowed, changed.context["user_port"]], [true, 81]);
    assert.equal(connect(80).runs.length, 0);
  });

  it("run what groups above have attached, too", async () => {
    const onSysctl = cgroupSysctl((ctx) => {
      "use bpf";
      return ctx.write === 1 ? 0 : 1;
    });
    const kernel = createSimulatedKernel();
    const cgroupId = kernel.addCgroup("/sys/fs/cgroup/app");
    using loaded = await compileAndLoad(kernel, { onSysctl });
    const { attachCgroup } = await import("../link/cgroup.ts");
    using _ = attachCgroup(loaded.onSysctl, "/sys/fs/cgroup");
    kernel.world.task = { ...kernel.world.task, cgroupId };
    assert.equal(kernel.fire.cgroup("cgroup_sysctl", { write: 1 }).allowed, false);
    assert.equal(kernel.fire.cgroup("cgroup_sysctl", { write: 0 }).allowed, true);
  });

  it("filter packets", async () => {
    const onPacket = cgroupSkb("ingress", (ctx) => {
      "use bpf";
      return ctx.len > 30 ? 0 : 1;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { onPacket });
    const { attachCgroup } = await import("../link/cgroup.ts");
    using _ = attachCgroup(loaded.onPacket, "/sys/fs/cgroup");
    assert.equal(kernel.fire.cgroupPacket("ingress", new Uint8Array(31)).allowed, false);
    assert.equal(kernel.fire.cgroupPacket("ingress", new Uint8Array(30)).allowed, true);
    assert.equal(kernel.fire.cgroupPacket("egress", new Uint8Array(31)).runs.length, 0);
  });
});

describe("packets", () => {
  const onXdp = xdp((ctx) => {
    "use bpf";
    const ethernet = packet(ctx).next(u32);
    if (ethernet === undefined) return 1;
    noted.value.first = u64(ctx.ingress_ifindex);
    return 2;
  });

  it("go through XDP and traffic control", async () => {
    const onTraffic = tcx("ingress", (ctx) => {
      "use bpf";
      noted.value.second = u64(ctx.ifindex);
      return ctx.len > 60 ? 2 : 0;
    });
    const kernel = createSimulatedKernel();
    const index = kernel.addInterface("eth0");
    using loaded = await compileAndLoad(kernel, { noted, onXdp, onTraffic });
    const { attachXdp } = await import("../link/xdp.ts");
    const { attachTcx } = await import("../link/tcx.ts");
    using xdpLink = attachXdp(loaded.onXdp, "eth0");
    using _ = attachTcx(loaded.onTraffic, "eth0", { direction: "ingress" });
    assert.equal(xdpLink.kind, "xdp");
    const small = kernel.fire.receive("eth0", new Uint8Array(60));
    assert.deepEqual([small.verdict, small.runs.length], ["pass", 2]);
    assert.equal(kernel.fire.receive("eth0", new Uint8Array(61)).verdict, "drop");
    assert.deepEqual(loaded.noted.value, { first: BigInt(index), second: BigInt(index), text: "" });
    assert.equal(kernel.fire.receive("lo", new Uint8Array(61)).runs.length, 0);
    assert.throws(() => attachXdp(loaded.onXdp, "eth0"), { name: "BusyError" });
    assert.throws(() => kernel.fire.receive("eth1", new Uint8Array(60)), { hint: /"eth0"/ });
  });
});

describe("iterators", () => {
  it("walk over what a test says", async () => {
    const list = iter("task", ({ meta, task }) => {
      "use bpf";
      if (!task) return;
      seqPrint(meta.seq)`${task.tgid} ${task.comm}\n`;
    });
    const kernel = createSimulatedKernel();
    kernel.iterate("task", [
      { task: { tgid: 1, comm: "init" } },
      { task: { tgid: 7, comm: "sh" } },
    ]);
    using loaded = await compileAndLoad(kernel, { list });
    const { attach } = await import("../link/attach.ts");
    using link = attach(loaded.list) as IteratorLink;
    assert.equal(link.text(), "1 init\n7 sh\n");
  });
});
