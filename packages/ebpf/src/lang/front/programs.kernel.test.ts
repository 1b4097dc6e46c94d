/**
 * Programs of every kind, with what they are given, accepted by the verifier.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadCollection } from "../../collection/load.ts";
import * as layouts from "../../layout/index.ts";
import { chars, s32, struct, timer, u32, u64 } from "../../layout/index.ts";
import * as spec from "../../spec/index.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";
import type { SourceProgramOptions } from "../../spec/source-program.ts";
import { allOf, needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { VerifierError } from "../../verifier/verifier-error.ts";
import * as builtins from "../builtins/index.ts";
import { compileProgram, type CompileProgramOptions } from "../compile-program.ts";
import { testBtf, testKernel, testVersion } from "./testing-run.ts";
import { testFunction, type TestProgram, testProgram, type TestScope } from "./testing.ts";

type Options = SourceProgramOptions<AttachTarget>;

const none = { kind: "none" } as const;

function loadsWith(
  test: TestProgram,
  options: Pick<CompileProgramOptions, "portable" | "optimize">,
): void {
  const target = { btf: testBtf(), kernelVersion: testVersion() };
  const compiled = compileProgram({ ...test, ...options, ...target, debug: true });
  const maps = Object.fromEntries(compiled.maps.map((map) => [`map_${map.name}`, map]));
  try {
    loadCollection(testKernel(), { test: compiled.spec, ...maps }).close();
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error;
    assert.fail(`${JSON.stringify(options)}: ${error.log.slice(-40).join("\n")}`);
  }
}

describe("programs of every kind", needs("bpf"), () => {
  const loads = (text: string, program: Options, scope: TestScope = {}): void => {
    for (const portable of [false, true]) {
      for (const optimize of ["none", "full"] as const) {
        loadsWith(testProgram(text, { ...layouts, ...builtins, ...scope }, program), {
          portable,
          optimize,
        });
      }
    }
  };
  const tpBtf = (name: string): Options => ({
    type: "tracing",
    expectedAttachType: "trace_raw_tp",
    target: { kind: "tp_btf", name },
  });
  const tracing = (kind: "fentry" | "fexit" | "fmod_ret", name: string): Options => ({
    type: "tracing",
    expectedAttachType: kind === "fmod_ret" ? "modify_return" : `trace_${kind}`,
    target: { kind, name },
  });
  const counts = spec.hashMap("counts", u32, u64, 16);
  const count = { counts };

  it("on functions of the kernel", needs("fentry"), () => {
    loads(
      "(_path, _flags) => { counts.update(1, 1n); return 0; }",
      tracing("fentry", "do_sys_openat2"),
      count,
    );
    loads(
      "(_dfd, name, how, result) => { counts.update(s32(result) < 0 ? 1 : 2, u64(name) + how.flags); return 0; }",
      tracing("fexit", "do_sys_openat2"),
      count,
    );
    loads(
      "(file, result) => (result !== 0 ? result : file.f_mode & 1 ? 0 : 0)",
      tracing("fmod_ret", "security_file_open"),
    );
  });

  it("on hooks of security modules", needs("lsm", "fentry"), () => {
    loads(
      "(file, result) => { if (result !== 0) return result; return file.f_path.dentry.d_inode.i_mode === 0 ? -1 : 0; }",
      { type: "lsm", expectedAttachType: "lsm_mac", target: { kind: "lsm", hook: "file_open" } },
    );
    const files = spec.inodeStorage("files", u64);
    loads(
      "(file) => { const n = files.getOrCreate(file.f_inode); if (n) n.value += 1n; return 0; }",
      { type: "lsm", expectedAttachType: "lsm_mac", target: { kind: "lsm", hook: "file_open" } },
      { files },
    );
  });

  it("on hooks that may sleep", allOf(needs("lsm", "fentry"), needsLinux(6, 2)), () => {
    loads(
      `(file, _result) => {
        using section = rcuRead();
        const task = bpf.getCurrentTaskBtf();
        counts.update(1, u64(task.real_parent.tgid));
        return 0;
      }`,
      {
        type: "lsm",
        expectedAttachType: "lsm_mac",
        flags: ["sleepable"] as never,
        target: { kind: "lsm", hook: "file_open" },
      },
      count,
    );
  });

  it("on probes", () => {
    loads(
      "(dfd, name) => { counts.update(u32(dfd), u64(name)); return 0; }",
      { type: "kprobe", target: { kind: "kprobe", symbol: "do_sys_openat2" } as never },
      count,
    );
    loads(
      "(file) => { counts.update(file.f_mode, file.f_inode.i_ino); return 0; }",
      { type: "kprobe", target: { kind: "kprobe", symbol: "security_file_open" } as never },
      count,
    );
    loads(
      "(ctx) => { counts.update(1, ctx.ax); return s32(ctx.ax) < 0 ? 1 : 0; }",
      { type: "kprobe", target: { kind: "kretprobe", symbol: "do_sys_openat2" } as never },
      count,
    );
    const uprobe = { path: "/bin/true", symbol: "main" };
    loads(
      "(ctx) => { counts.update(u32(ctx.di), bpf.probeReadUser(u64, ctx.si)); return 0; }",
      { type: "kprobe", target: { kind: "uprobe", ...uprobe } as never },
      count,
    );
    loads(
      "(ctx) => { counts.update(1, ctx.ax); return 0; }",
      { type: "kprobe", target: { kind: "uretprobe", ...uprobe } as never },
      count,
    );
  });

  const kprobe = (target: object): Options => ({ type: "kprobe", target }) as never;

  it("on many functions", needsLinux(5, 15), () => {
    const functions = { symbols: ["vfs_read"] };
    for (const kind of ["kprobe_multi", "kretprobe_multi"]) {
      loads(
        "(ctx) => { counts.update(u32(ctx.di), bpf.getFuncIp(ctx)); return 0; }",
        kprobe({ kind, functions }),
        count,
      );
    }
  });

  it("on system calls, and on places of applications", () => {
    loads(
      "(dfd, name, flags, mode) => { counts.update(u32(dfd), bpf.probeReadUser(u64, name)); return u32(flags) + u32(mode); }",
      kprobe({ kind: "ksyscall", name: "openat" }),
      count,
    );
    loads("(ctx) => s32(ctx.ax)", kprobe({ kind: "kretsyscall", name: "openat" }), count);
    loads(
      "(ctx) => { counts.update(u32(ctx.args[0]), ctx.args[11] + ctx.cookie + ctx.ip); return bpf.getStackid(ctx, stacks); }",
      kprobe({ kind: "usdt", path: "/bin/true", provider: "", name: "probe" }),
      { ...count, stacks: spec.stackTraceMap("stacks", 16) },
    );
  });

  it("of performance events", () => {
    loads(
      "(ctx) => { counts.update(u32(ctx.sample_period), ctx.addr + ctx.regs.ip); return 0; }",
      { type: "perf_event", target: none },
      count,
    );
  });

  it("of control groups and sockets", () => {
    const address = (expectedAttachType: string): Options => ({
      type: "cgroup_sock_addr",
      expectedAttachType: expectedAttachType as never,
      target: none,
    });
    loads(
      `(ctx) => {
        if (be32(ctx.user_ip4) === htonl(0x7f000001) && be16(ctx.user_port) === htons(80)) {
          ctx.user_port = u32(htons(8080));
        }
        return 1;
      }`,
      address("cgroup_inet4_connect"),
    );
    loads(
      "(ctx) => { if (be32(ctx.user_ip6[3]) === htonl(1)) ctx.user_ip6[3] = u32(htonl(2)); return 1; }",
      address("cgroup_inet6_connect"),
    );
    loads("(ctx) => (ctx.family === 2 && ctx.type === 1 ? 1 : 0)", {
      type: "cgroup_sock",
      expectedAttachType: "cgroup_inet_sock_create",
      target: none,
    });
    loads("(skb) => (skb.len > 100 ? 1 : 0)", {
      type: "cgroup_skb",
      expectedAttachType: "cgroup_inet_ingress",
      target: none,
    });
    loads("(ctx) => { if (ctx.level === 1 && ctx.optname === 2) ctx.optlen = 0; return 1; }", {
      type: "cgroup_sockopt",
      expectedAttachType: "cgroup_setsockopt",
      target: none,
    });
    loads("(ctx) => { if (ctx.retval < 0) ctx.retval = 0; return 1; }", {
      type: "cgroup_sockopt",
      expectedAttachType: "cgroup_getsockopt",
      target: none,
    });
    loads("(ctx) => (ctx.major === 1 && ctx.minor === 3 ? 1 : 0)", {
      type: "cgroup_device",
      expectedAttachType: "cgroup_device",
      target: none,
    });
    loads("(ctx) => (ctx.write ? 0 : 1)", {
      type: "cgroup_sysctl",
      expectedAttachType: "cgroup_sysctl",
      target: none,
    });
    loads(
      "(ctx) => { counts.update(ctx.op, u64(ctx.local_port)); return 1; }",
      { type: "sock_ops", target: none, expectedAttachType: "cgroup_sock_ops" },
      count,
    );
    loads("(ctx) => (ctx.local_port === 80 ? 1 : 0)", {
      type: "sk_lookup",
      target: none,
      expectedAttachType: "sk_lookup",
    });
  });

  it("of socket maps", () => {
    const map = spec.sockmap("sockets", 8);
    const Key = struct("key", { ip: u32, port: u32 });
    const hash = spec.sockhash("by_address", Key, 8);
    const scope = { map, hash, Key };
    const parser = {
      type: "sk_skb",
      expectedAttachType: "sk_skb_stream_parser",
      target: none,
    } as const;
    const verdict = {
      type: "sk_skb",
      expectedAttachType: "sk_skb_stream_verdict",
      target: none,
    } as const;
    const message = {
      type: "sk_msg",
      expectedAttachType: "sk_msg_verdict",
      target: none,
    } as const;
    loads("(skb) => skb.len", parser);
    loads("(skb) => map.redirectSkb(skb, 1, 1)", verdict, scope);
    loads("(skb) => hash.redirectSkb(skb, Key({ ip: 1, port: skb.local_port }))", verdict, scope);
    loads(
      "(msg) => { if (msg.size > 10) return map.redirectMsg(msg, 0); return 1; }",
      message,
      scope,
    );
    loads("(msg) => hash.redirectMsg(msg, { ip: 1, port: msg.local_port })", message, scope);
    loads(
      '(ops) => { if (ops.op === 4) map.addSocket(ops, 1); hash.addSocket(ops, { ip: 1, port: 2 }, "noexist"); return 1; }',
      { type: "sock_ops", target: none, expectedAttachType: "cgroup_sock_ops" },
      scope,
    );
    loads(
      `(ctx) => {
        const sk = map.lookup(1);
        if (!sk) return 1;
        const state = sk.state;
        bpf.skRelease(sk);
        return state === 1 ? 1 : 0;
      }`,
      { type: "sched_cls", target: none },
      scope,
    );
  });

  it("that iterate", () => {
    const iterator = (name: string): Options => ({
      type: "tracing",
      expectedAttachType: "trace_iter",
      target: { kind: "iter", name } as never,
    });
    loads(
      `(ctx) => {
        const { meta, task } = ctx;
        if (!task) return 0;
        seqPrint(meta.seq)\`\${task.pid} \${task.comm} \${meta.seq_num}\\n\`;
        return 0;
      }`,
      iterator("task"),
    );
    const Record = struct("record", { pid: u32, comm: chars(16) });
    loads(
      `(ctx) => {
        const task = ctx.task;
        if (!task) return 0;
        const record = Record({ pid: u32(task.pid), comm: task.comm });
        return bpf.seqWrite(ctx.meta.seq, record) < 0 ? 1 : 0;
      }`,
      iterator("task"),
      { Record },
    );
    loads(
      "(ctx) => { const { meta, map } = ctx; if (map) seqPrint(meta.seq)`${map.id} ${map.name}\\n`; return 0; }",
      iterator("bpf_map"),
    );
  });

  it("that use functions of the kernel", needsLinux(6, 2), () => {
    loads(
      `(task) => {
        const found = kfunc.bpf_task_from_pid(1);
        if (!found) return 0;
        counts.update(u32(found.tgid), u64(task.pid));
        kfunc.bpf_task_release(found);
        return 0;
      }`,
      tpBtf("sched_process_exec"),
      count,
    );
  });

  it("that keep things with tasks", needsLinux(5, 11), () => {
    const Seen = struct("seen", { execs: u32, last: u64 });
    const tasks = spec.taskStorage("tasks", Seen);
    loads(
      `(task) => {
        const seen = tasks.getOrCreate(task);
        if (!seen) return 0;
        seen.execs += 1;
        const again = tasks.get(task.group_leader);
        if (again) again.last = bpf.ktimeGetNs();
        if (seen.execs > 100) tasks.deleteOf(task);
        return 0;
      }`,
      tpBtf("sched_process_exec"),
      { tasks },
    );
  });

  it("that keep things with sockets", () => {
    const sockets = spec.skStorage("of_sockets", u64);
    loads(
      `(skb) => {
        const sk = skb.sk;
        if (!sk) return 1;
        const full = bpf.skFullsock(sk);
        if (!full) return 1;
        const n = sockets.getOrCreate(full, 5n);
        if (n) n.value += u64(skb.len);
        return 1;
      }`,
      { type: "cgroup_skb", expectedAttachType: "cgroup_inet_egress", target: none },
      { sockets },
    );
  });

  it("that keep things with groups", needsLinux(6, 2), () => {
    const groups = spec.cgroupStorage("groups", u64);
    loads(
      `(task) => {
        const n = groups.getOrCreate(task.cgroups.dfl_cgrp);
        if (n) n.value += 1n;
        return 0;
      }`,
      tpBtf("sched_process_exec"),
      { groups },
    );
  });

  const raw = { type: "raw_tracepoint", target: none } as const;

  it("with maps in maps, stacks, and programs in maps", () => {
    const inner = spec.hashMap("inner", u32, u64, 4);
    const outer = spec.arrayOfMaps("outer", inner, 4);
    const outerHash = spec.hashOfMaps("outer_hash", { key: u64, inner }, 4);
    loads(
      `(ctx) => {
        const map = outer.lookup(1);
        if (!map) return 0;
        map.update(3, 4n);
        const found = map.lookup(3);
        const other = outerHash.lookup(ctx.args[0]);
        if (other && found) { other.delete(3); found.value += 1n; }
        return found ? u32(found.value) : 0;
      }`,
      raw,
      { outer, outerHash },
    );
    const programs = spec.progArray("programs", 4);
    loads("(ctx) => { programs.tailCall(ctx, 2); return 7; }", raw, { programs });
    const stack = spec.stackMap("stack", struct("pair", { a: u32, b: s32 }), 4);
    loads(
      "(ctx) => { stack.push({ a: 1, b: -2 }); const top = stack.peek(); const taken = stack.pop(); " +
        "return top && taken ? top.a + taken.b : 0; }",
      raw,
      { stack },
    );
  });

  it("with bloom filters", needsLinux(5, 16), () => {
    const seen = spec.bloomFilter("seen", u64, 64);
    loads(
      "(ctx) => { if (seen.mayHave(ctx.args[0])) return 1; seen.push(ctx.args[0]); return 0; }",
      raw,
      { seen },
    );
  });

  it("with timers", needsLinux(5, 15), () => {
    const Timed = struct("timed", { at: timer, n: u32 });
    const timed = spec.hashMap("timed", u32, Timed, 4);
    const fire = testFunction(
      "(map, key, value) => { value.n += 1; if (value.n > 3) map.delete(key); else bpf.timerStart(value.at, 5n); return 0; }",
      builtins,
      "fire",
    );
    loads(
      `() => {
        const found = timed.lookup(1);
        if (!found) return 0;
        bpf.timerInit(found.at, timed, 1);
        bpf.timerSetCallback(found.at, fire);
        return bpf.timerStart(found.at, 1000n);
      }`,
      { type: "sched_cls", target: none },
      { timed, fire },
    );
  });

  it("that ask for what the kernel has", () => {
    loads(
      `(task) => {
        let n = 0;
        if (exists(task.loginuid)) n += task.loginuid.val;
        if (exists(task.nonsense)) n += task.nonsense;
        n += task.in_execve + task.sched_reset_on_fork * 2;
        n += enumValue("TCP_LISTEN") + kernel.task_struct.size;
        counts.update(n, 1n);
        return 0;
      }`,
      tpBtf("sched_process_exec"),
      count,
    );
  });
});
