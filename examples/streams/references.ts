/**
 * Values of the kernel's held like variables: counters that a program writes, and that wait to be read.
 * @module
 */
import {
  atomic,
  entry,
  global,
  hashMap,
  queueChannel,
  queueMap,
  variableEntry,
  watchMap,
} from "ts-ebpf";
import { type HashMap, type GlobalVariable, type QueueMap, s32, tpBtf, u32, u64 } from "ts-ebpf";

export const started = hashMap("started", s32, u64, 1024);
export const total = global("total", u64, 0n);
export const jobs = queueMap("jobs", u32, 2);

export const onFork = tpBtf("sched_process_fork", (parent) => {
  "use bpf";
  atomic(total).value += 1n;
  const count = started.lookup(parent.tgid);
  if (count) atomic(count).value += 1n;
  else started.update(parent.tgid, 1n);
});

/** Waits until this process has started one, and takes the count away. */
export async function firstStart(map: HashMap<number, bigint>): Promise<bigint | undefined> {
  // #region entry
  using mine = entry(map, process.pid, { validators: [(count) => count < 1000n || "too many"] });
  const count = await mine.appears({ timeoutMs: 10_000 });
  if (count === undefined) return undefined; // in 10 seconds nothing was started
  mine.update((before = 0n) => before + 100n); // a program that counts at this moment is overwritten
  console.log(mine.atomicity, mine.get(), mine.compareAndSet(5n, 6n));
  mine.delete();
  // #endregion
  return count;
}

/** Counts 1000 more, and loses nothing that the program counts meanwhile. */
export function countMore(variable: GlobalVariable<bigint>): bigint {
  // #region variable
  using count = variableEntry(variable);
  console.log(count.atomicity); // machine
  return count.update((before = 0n) => before + 1000n);
  // #endregion
}

/** Says what happens in the map, until the signal. */
export async function logChanges(
  map: HashMap<number, bigint>,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  // #region watch
  // The count grows by 1 with each write, so that it tells how many were missed.
  const options = { intervalMs: 20, sequence: (count: bigint) => count, signal };
  for await (const change of watchMap(map, options)) {
    const missed = change.kind === "changed" ? change.missed : undefined;
    log(`${change.key} ${change.kind}: ${change.value}, missed ${missed ?? "unknown"}`);
  }
  // #endregion
}

/** Hands three jobs through a queue that has room for two. */
export async function work(queue: QueueMap<number>): Promise<number[]> {
  const done: number[] = [];
  // #region channel
  using channel = queueChannel(queue);
  const pushed = [1, 2, 3].map((job) => channel.push(job, { timeoutMs: 10_000 }));
  for await (const job of channel.read({ limit: 3, timeoutMs: 10_000 })) done.push(job);
  const inTime = (await Promise.all(pushed)).every(Boolean);
  // #endregion
  return inTime ? done : [];
}
