import assert from "node:assert/strict";
import { it } from "node:test";
import { global, hashMap, load, structOps, tpBtf, u32, u64 } from "ts-ebpf";
import { createSimulatedKernel } from "ts-ebpf/sim";
import { openXdpSocket } from "ts-ebpf/xdp-socket";
import { keepPrinted } from "../testing-printed.ts";

it("runs what is attached when something happens", async (test) => {
  const printed = keepPrinted(test);
  // #region fire
  const counts = hashMap("counts", u32, u64, 1024);
  const onExec = tpBtf("sched_process_exec", (task) => {
    "use bpf";
    const count = counts.lookup(task.tgid);
    if (count) count.value += 1n;
    else counts.update(task.tgid, 1n);
  });

  const kernel = createSimulatedKernel();
  await using tracer = await load({ counts, onExec }, { kernel });
  tracer.attach();
  kernel.fire.rawTracepoint("sched_process_exec", [{ tgid: 7 }, 7, null]);
  kernel.fire.rawTracepoint("sched_process_exec", [{ tgid: 7 }, 7, null]);
  console.log(tracer.counts.get(7)); // 2n
  // #endregion
  assert.deepEqual(printed, [[2n]]);
});

it("calls functions of structs that are registered", async (test) => {
  const printed = keepPrinted(test);
  // #region struct-ops
  const started = global("started", u64, 0n);
  const control = structOps({
    type: "tcp_congestion_ops",
    members: {
      name: "steady",
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
      cong_avoid: () => {
        "use bpf";
      },
    },
  });
  // #endregion

  // #region struct-ops-calls
  const kernel = createSimulatedKernel();
  await using loaded = await load({ started, control }, { kernel });
  loaded.attach();
  const type = "tcp_congestion_ops";
  kernel.fire.structOps({ type, member: "init", args: [{ sk_protocol: 6 }] });
  const { result } = kernel.fire.structOps({ type, member: "ssthresh" });
  console.log(loaded.started.value, result); // 1n 2n
  // #endregion
  assert.deepEqual(printed, [[1n, 2n]]);
});

it("has AF_XDP sockets", async (test) => {
  const printed = keepPrinted(test);
  // #region af-xdp
  const kernel = createSimulatedKernel();
  kernel.addInterface("eth0", { queues: 2 });
  using socket = await openXdpSocket({ kernel, interface: "eth0", queue: 1 });
  const packet = new Uint8Array(60).fill(7);
  const { verdict, delivered } = kernel.fire.receive("eth0", packet, { queue: 1 });
  const [received] = [...(socket.fetch() ?? [])];
  socket.send([received!]);
  console.log(verdict, delivered, kernel.takeSent("eth0").length); // redirect true 1
  // #endregion
  assert.deepEqual(printed, [["redirect", true, 1]]);
  assert.deepEqual(received, packet);
});
