/**
 * Whole programs of the kinds people write, accepted by the verifier.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needs } from "../../testing/needs.ts";
import { be16, be32, chars, s32, struct, u16, u32, u64 } from "../../layout/index.ts";
import { loadCollection } from "../../collection/load.ts";
import { VerifierError } from "../../verifier/verifier-error.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";
import type { SourceProgramOptions } from "../../spec/source-program.ts";
import * as spec from "../../spec/index.ts";
import * as builtins from "../builtins/index.ts";
import * as layouts from "../../layout/index.ts";
import { compileProgram } from "../compile-program.ts";
import { testFunction, testProgram, type TestScope } from "./testing.ts";
import { testBtf, testKernel, testVersion } from "./testing-run.ts";

describe("programs", needs("bpf"), () => {
  const loads = (
    text: string,
    program: SourceProgramOptions<AttachTarget>,
    scope: TestScope,
  ): void => {
    for (const optimize of ["none", "full"] as const) {
      const test = testProgram(text, { ...layouts, ...builtins, ...scope }, program);
      const target = { btf: testBtf(), kernelVersion: testVersion() };
      const compiled = compileProgram({ ...test, ...target, optimize, debug: true });
      const maps = Object.fromEntries(compiled.maps.map((map) => [`map_${map.name}`, map]));
      try {
        loadCollection(testKernel(), { test: compiled.spec, ...maps }).close();
      } catch (error) {
        if (!(error instanceof VerifierError)) throw error;
        assert.fail(`${optimize}: ${error.log.slice(-60).join("\n")}`);
      }
    }
  };
  const tpBtf = (name: string): SourceProgramOptions<AttachTarget> => ({
    type: "tracing",
    expectedAttachType: "trace_raw_tp",
    target: { kind: "tp_btf", name },
  });

  it("follow executed files", () => {
    const ExecEvent = struct("exec_event", {
      ts: u64,
      pid: u32,
      ppid: u32,
      uid: u32,
      cgroup: u64,
      comm: chars(16),
      file: chars(128),
    });
    const events = spec.ringbuf("events", ExecEvent, 1 << 16);
    const text = `(task, _oldPid, bprm) => {
      const e = events.reserve();
      if (!e) return;
      e.ts = bpf.ktimeGetNs();
      e.pid = task.tgid;
      e.ppid = task.real_parent.tgid;
      e.uid = task.cred.uid.val;
      e.cgroup = task.cgroups.dfl_cgrp.kn.id;
      e.comm = task.comm;
      e.file = bpf.probeReadKernelStr(bprm.filename);
      events.submit(e);
    }`;
    loads(text, tpBtf("sched_process_exec"), { events });
  });

  it("follow opened files", () => {
    const targetPid = spec.config("targetPid", u32, 0);
    const Start = struct("start", { file: u64, flags: u32 });
    const starts = spec.hashMap("starts", u64, Start, 10240);
    const OpenEvent = struct("open_event", {
      pid: u32,
      flags: u32,
      ret: s32,
      comm: chars(16),
      file: chars(256),
    });
    const events = spec.ringbuf("events", OpenEvent, 1 << 16);
    const enter = `(ctx) => {
      const id = bpf.getCurrentPidTgid();
      const pid = u32(id >> 32n);
      if (targetPid.value !== 0 && pid !== targetPid.value) return 0;
      starts.update(id, Start({ file: ctx.args[1], flags: u32(ctx.args[2]) }));
      return 0;
    }`;
    const tracepoint = (name: string): SourceProgramOptions<AttachTarget> => ({
      type: "tracepoint",
      target: { kind: "tracepoint", category: "syscalls", name },
    });
    loads(enter, tracepoint("sys_enter_openat"), { targetPid, Start, starts });
    const exit = `(ctx) => {
      const id = bpf.getCurrentPidTgid();
      const st = starts.lookup(id);
      if (!st) return 0;
      const e = events.reserve();
      if (e) {
        e.pid = u32(id >> 32n);
        e.flags = st.flags;
        e.ret = s32(ctx.ret);
        e.comm = bpf.getCurrentComm();
        e.file = bpf.probeReadUserStr(st.file);
        events.submit(e);
      }
      starts.delete(id);
      return 0;
    }`;
    loads(exit, tracepoint("sys_exit_openat"), { starts, events });
  });

  it("measure connections", () => {
    const Start = struct("start", { ts: u64, pid: u32, comm: chars(16) });
    const ConnEvent = struct("conn_event", {
      deltaNs: u64,
      pid: u32,
      saddr: be32,
      daddr: be32,
      sport: u16,
      dport: u16,
      comm: chars(16),
    });
    const starts = spec.hashMap("starts", u64, Start, 4096);
    const events = spec.ringbuf("events", ConnEvent, 1 << 16);
    const K = { TCP_SYN_SENT: 2, TCP_ESTABLISHED: 1 };
    const text = `(sk, _oldState, newState) => {
      if (newState === K.TCP_SYN_SENT) {
        const s = Start({ ts: bpf.ktimeGetNs(), pid: u32(bpf.getCurrentPidTgid() >> 32n) });
        s.comm = bpf.getCurrentComm();
        starts.update(u64(sk), s);
        return;
      }
      const s = starts.lookup(u64(sk));
      if (!s) return;
      if (newState === K.TCP_ESTABLISHED) {
        using e = events.reserve();
        if (e) {
          const c = sk.__sk_common;
          e.deltaNs = bpf.ktimeGetNs() - s.ts;
          e.pid = s.pid;
          e.comm = s.comm;
          e.saddr = c.skc_rcv_saddr;
          e.daddr = c.skc_daddr;
          e.sport = c.skc_num;
          e.dport = ntohs(c.skc_dport);
          events.submit(e);
        }
      }
      starts.delete(u64(sk));
    }`;
    loads(text, tpBtf("inet_sock_set_state"), { Start, starts, events, K });
  });

  const LpmKey = struct("lpm_key", { prefixlen: u32, addr: be32 });
  const Rule = struct("rule", { action: u32, hits: u64 });
  const VlanHdr = struct("vlan_hdr", { tci: be16, proto: be16 });
  const rules = spec.lpmTrie("rules", LpmKey, Rule, 1024);
  const blockedPorts = spec.hashMap("blocked_ports", u16, u64, 256);
  const constants = { XDP_DROP: 1, XDP_PASS: 2, ETH_P_8021Q: 0x8100, ETH_P_IP: 0x800 };

  it("filter packets", () => {
    const text = `(ctx) => {
      const pkt = packet(ctx);
      const eth = pkt.next(kernel.ethhdr);
      if (!eth) return XDP_PASS;
      let proto = ntohs(eth.h_proto);
      if (proto === ETH_P_8021Q) {
        const vlan = pkt.next(VlanHdr);
        if (!vlan) return XDP_PASS;
        proto = ntohs(vlan.proto);
      }
      if (proto !== ETH_P_IP) return XDP_PASS;
      const ip = pkt.next(kernel.iphdr);
      if (!ip) return XDP_PASS;
      const rule = rules.lookup(LpmKey({ prefixlen: 32, addr: ip.saddr }));
      if (rule) {
        atomic(rule).hits += 1n;
        if (rule.action === XDP_DROP) return XDP_DROP;
      }
      if (ip.ihl > 5) pkt.skip((ip.ihl - 5) * 4);
      if (ip.protocol === 6 || ip.protocol === 17) {
        const l4 = pkt.next(kernel.udphdr);
        if (!l4) return XDP_PASS;
        const hits = blockedPorts.lookup(ntohs(l4.dest));
        if (hits) {
          atomic(hits).value += 1n;
          return XDP_DROP;
        }
      }
      return XDP_PASS;
    }`;
    const scope = { LpmKey, Rule, VlanHdr, rules, blockedPorts, ...constants };
    loads(text, { type: "xdp", target: { kind: "none" } }, scope);
  });

  it("sample stacks", () => {
    const Key = struct("key", { pid: u32, kstack: s32, ustack: s32, comm: chars(16) });
    const stacks = spec.stackTraceMap("stacks", 1024);
    const samples = spec.hashMap("samples", Key, u64, 1024);
    const text = `(ctx) => {
      const pid = u32(bpf.getCurrentPidTgid() >> 32n);
      if (pid === 0) return 0;
      const key = Key({ pid, kstack: stacks.getId(ctx), ustack: stacks.getId(ctx, 256) });
      key.comm = bpf.getCurrentComm();
      const n = samples.lookup(key);
      if (n) n.value += 1n;
      else samples.update(key, 1n);
      return 0;
    }`;
    const type = { type: "perf_event", target: { kind: "none" } } as const;
    loads(text, type, { Key, stacks, samples });
  });
  it("call each other", () => {
    const counts = spec.hashMap("counts", u32, u64, 16);
    const count = testFunction(
      `(map, key, by) => {
        "use bpf";
        const found = map.lookup(key);
        if (!found) { map.update(key, by); return undefined; }
        found.value += by;
        return found;
      }`,
      { counts },
      "count",
    );
    const named = testFunction(
      `(task, prefix: string) => { "use bpf"; return task.comm.startsWith(prefix); }`,
      {},
      "named",
    );
    const text = `(task) => {
      const first = count(counts, task.tgid, 1n);
      if (first && first.value > 10n) return 1;
      count(counts, 3, u64(task.pid));
      return named(task, "node") || named(task.real_parent, "sh") ? 1 : 0;
    }`;
    loads(text, tpBtf("sched_process_exit"), { counts, count, named });
  });

  it("read files as iterators do", () => {
    const FileId = struct("file_id", { dev: u64, ino: u64 });
    const denied = spec.hashMap("denied", FileId, u32, 1024);
    const text = `(ctx) => {
      const { file, task } = ctx;
      if (!file || !task) return 0;
      const inode = file.f_inode;
      const mode = denied.lookup(FileId({ dev: u64(inode.i_sb.s_dev), ino: inode.i_ino }));
      if (!mode) return 0;
      if (mode.value === 2 && (file.f_mode & 2) === 0) return 0;
      return task.comm.startsWith("node") ? 0 : 1;
    }`;
    const iterator = {
      type: "tracing",
      expectedAttachType: "trace_iter" as never,
      target: { kind: "iter", name: "task_file" },
    } as const;
    loads(text, iterator, { FileId, denied });
  });
});
