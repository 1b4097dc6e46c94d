/**
 * A program that the compiler takes and the verifier rejects: where nothing is submitted, an event stays reserved.
 * @module
 */
import { load, ringbuf, struct, tpBtf, u32 } from "ts-ebpf";

// #region rejected
const failures = ringbuf("failures", struct("failure", { pid: u32 }), 1 << 16);

const onExit = tpBtf("sched_process_exit", (task) => {
  "use bpf";
  const failure = failures.reserve();
  if (failure && task.exit_code !== 0) {
    failure.pid = task.tgid;
    failures.submit(failure);
  }
});

await load({ onExit }).catch((error: Error) => console.log(error.message));
// #endregion
