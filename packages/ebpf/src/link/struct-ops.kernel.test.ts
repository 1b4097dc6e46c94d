import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { BpfError } from "../base/errors.ts";
import { structOpsNames, structOpsOf } from "../btf/struct-ops.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { u64 } from "../layout/integer.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { global } from "../spec/global-spec.ts";
import { structOps } from "../spec/struct-ops.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { inNetNamespace } from "../testing/net-namespace.ts";
import { needs } from "../testing/needs.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { congestion } from "./testing-congestion.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
/** Sends through a connection of the congestion control; ends with 3 when there is none of this name. */
const send = `
import socket, sys
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
client = socket.socket()
try: client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"ts_ebpf_test")
except FileNotFoundError: sys.exit(3)
client.connect(server.getsockname())
peer, _ = server.accept()
client.sendall(b"x" * 10000)
left = 10000
while left > 0: left -= len(peer.recv(left))
`;

function sendThrough(): number | null {
  return spawnSync("python3", ["-c", send], { stdio: "inherit", timeout: 120_000 }).status;
}

inNetNamespace(import.meta.url, () => {
  describe("a struct of functions", needs("root", "bpf", "btf", "python3"), () => {
    for (const registration of ["link", "map_update"] as const) {
      const since = registration === "link" ? needsLinux(6, 4) : {};
      it(`is registered by ${registration}, called, and taken back`, since, () => {
        using loaded = loadCollection(kernel, { hits, ops: congestion({}, { registration }) });
        assert.equal(sendThrough(), 3);
        loaded.attach();
        assert.equal(
          loaded.links.get("ops")?.kind,
          registration === "link" ? "struct_ops" : registration,
        );
        assert.equal(sendThrough(), 0);
        assert.ok(loaded.hits.value > 1n);
        loaded.detach();
        assert.equal(sendThrough(), 3);
      });
    }

    it("takes the place of another one under a live link", needsLinux(6, 4), () => {
      using old = loadCollection(kernel, { hits, ops: congestion() });
      using next = loadCollection(kernel, { hits, ops: congestion() });
      using link = old.ops.register();
      link.update(next.ops, { expected: old.ops });
      assert.equal(sendThrough(), 0);
      assert.equal(old.hits.value, 0n);
      assert.ok(next.hits.value > 0n);
      assert.throws(() => link.update(old.ops, { expected: old.ops }), BpfError);
    });

    it("is written in TypeScript", async () => {
      const avoided = global("avoided", u64, 0n);
      const started = global("started", u64, 0n);
      const ops = structOps({
        type: "tcp_congestion_ops",
        members: {
          name: "ts_ebpf_test",
          init: (sk) => {
            "use bpf";
            if (sk.sk_protocol === 6) started.value += 1n;
          },
          ssthresh: () => {
            "use bpf";
            return 2;
          },
          undo_cwnd: () => {
            "use bpf";
            return 2;
          },
          cong_avoid: (_sk, _ack, acked) => {
            "use bpf";
            avoided.value += u64(acked);
          },
        },
      });
      using loaded = await compileAndLoad(kernel, { avoided, started, ops });
      loaded.attach();
      assert.equal(sendThrough(), 0);
      assert.equal(loaded.started.value, 1n);
      assert.ok(loaded.avoided.value > 0n);
    });
  });
});

/** SCX_OPS_SWITCH_PARTIAL of kernel/sched/ext_internal.h: only tasks that ask for it are scheduled by the programs. */
const switchPartial = 8;

/** Runs with the policy SCHED_EXT for a while. */
const scheduled = "import os; os.sched_setscheduler(0, 7, os.sched_param(0)); sum(range(10**6))";

describe("a scheduler", needs("root", "bpf", "btf", "python3"), () => {
  const isThere = structOpsNames(kernelBtf(kernel)).includes("sched_ext_ops");
  const options = { skip: isThere ? false : "this kernel has no sched_ext" };

  it("is described", options, () => {
    const { members } = structOpsOf(kernelBtf(kernel), "sched_ext_ops");
    const described = new Map(members.map(({ name, kind }) => [name, kind]));
    for (const name of ["select_cpu", "enqueue", "dispatch", "running", "init", "exit"]) {
      assert.equal(described.get(name), "function", name);
    }
    for (const name of ["name", "flags", "timeout_ms"]) assert.equal(described.get(name), "value");
  });

  it("schedules the tasks that ask for it", options, () => {
    const ops = structOps({
      type: "sched_ext_ops",
      members: { name: "ts_ebpf_test", flags: switchPartial, running: counting() },
    });
    using loaded = loadCollection(kernel, { hits, ops });
    loaded.attach();
    const { status, stderr } = spawnSync("python3", ["-c", scheduled], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.ok(loaded.hits.value > 0n);
    assert.equal(loaded.links.get("ops")?.info().type, "struct_ops");
  });
});
