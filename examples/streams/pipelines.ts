/**
 * What is done with events, written down as a chain; and what is done when they come too fast.
 * @module
 */
import { bpf, chars, pipeline, ringbuf, type RingBuffer, struct, tpBtf, u32, u64 } from "ts-ebpf";
import { withBackpressure } from "ts-ebpf";

/** What is said of each execution. */
export const Exec = struct("exec", { ts: u64, pid: u32, ppid: u32, comm: chars(16) });
export const events = ringbuf("events", Exec, 1 << 18);

export const onExec = tpBtf("sched_process_exec", (task) => {
  "use bpf";
  const e = events.reserve();
  if (!e) return;
  e.ts = bpf.ktimeGetNs();
  e.pid = task.tgid;
  e.ppid = task.real_parent.tgid;
  e.comm = task.comm;
  events.submit(e);
});

type Ring = RingBuffer<{ ts: bigint; pid: number; ppid: number; comm: string }>;

/** Names of what this process starts, in lines of two. */
export async function lines(ring: Ring, limit: number): Promise<string[]> {
  const found: string[] = [];
  // #region pipeline
  const children = pipeline(ring, {
    onError: "skip",
    onSkipped: ({ error }) => console.error(error),
  })
    .filter(({ ppid }) => ppid === process.pid)
    .map(({ comm, pid }) => `${comm} (${pid})`)
    .batch(2, { maxWaitMs: 100 });
  await children.forEach((batch) => found.push(batch.join(", ")), { limit, timeoutMs: 10_000 });
  for (const stage of children.statistics())
    console.log(stage.name, stage.in, stage.out, stage.errors);
  // #endregion
  return found;
}

/** Stores events, which takes longer than they take to come. */
export async function store(
  ring: Ring,
  save: (comm: string) => Promise<void>,
  limit: number,
): Promise<number> {
  // #region backpressure
  using queue = withBackpressure(ring, {
    capacity: 1000,
    policy: "drop-oldest",
    onHealth: (health) => console.log(`reading is ${health}`),
  });
  for await (const { comm } of queue.read({ limit, timeoutMs: 10_000 })) await save(comm);
  const { delivered, dropped, deliveredPerSecond } = queue.statistics();
  console.log(`${delivered} saved, ${dropped.oldest} dropped, ${deliveredPerSecond} per second`);
  // #endregion
  return delivered;
}

/** The events as a web stream of lines of JSON. */
export function json(ring: Ring, signal: AbortSignal): ReadableStream<string> {
  // #region web-stream
  return pipeline(ring)
    .map(({ pid, comm }) => `${JSON.stringify({ pid, comm })}\n`)
    .stream({ signal });
  // #endregion
}
