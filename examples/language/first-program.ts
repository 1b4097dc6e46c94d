/**
 * Counts the tasks that each process starts: the first program of the guide to the language.
 * @module
 */
import { spawnSync } from "node:child_process";
import { atomic, hashMap, load, s32, tpBtf, u64 } from "ts-ebpf";

// #region program
const started = hashMap("started", s32, u64, 1024);

const onFork = tpBtf("sched_process_fork", (parent) => {
  "use bpf";
  const count = started.lookup(parent.tgid);
  if (count) atomic(count).value += 1n;
  else started.update(parent.tgid, 1n);
});
// #endregion

// #region use
await using counter = await load({ started, onFork });
counter.attach();
for (let time = 0; time < 3; time++) spawnSync("/bin/true");
console.log(`started by this process: ${counter.started.get(process.pid)}`);
// #endregion
