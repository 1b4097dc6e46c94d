import assert from "node:assert/strict";
import { it } from "node:test";
import { bpf, global, kfunc, load, tpBtf, u32 } from "ts-ebpf";
import { declaredKernel } from "ts-ebpf/sim";
import { keepPrinted } from "../testing-printed.ts";

it("is what was declared", async (test) => {
  const printed = keepPrinted(test);
  // #region declared
  const pids = global("pids", u32, 0);
  const onExit = tpBtf("sched_process_exit", () => {
    "use bpf";
    const first = kfunc.bpf_task_from_pid(1);
    if (!first) return;
    pids.value = u32(bpf.getCurrentPidTgid()) + first.pid;
    kfunc.bpf_task_release(first);
  });

  const kernel = declaredKernel({
    version: "6.12",
    task: { pid: 7, tid: 7, comm: "sh" },
    kfuncs: { bpf_task_from_pid: { pid: 100 } },
  });
  await using loaded = await load({ pids, onExit }, { kernel });
  loaded.attach();
  kernel.fire.rawTracepoint("sched_process_exit", [{ pid: 7 }]);
  console.log(loaded.pids.value); // 107
  // #endregion
  assert.deepEqual(printed, [[107]]);
});
