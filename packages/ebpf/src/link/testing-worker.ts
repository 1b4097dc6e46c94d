/**
 * A worker thread for tests: it loads a program with maps, attaches it, tells their numbers, and never ends by itself.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { loadMap } from "../asm/wide.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r2 } from "../isa/register.ts";
import { u64 } from "../layout/integer.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { tracepoint } from "../spec/tracepoint.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { hits } from "./testing-hits.ts";

/** What it does once it has told the numbers: reads events, of which there are none, or runs for ever. */
export type WorkerEnd = "reads" | "runs";

/** Numbers that the kernel has of what it holds. */
export interface WorkerObjects {
  readonly programs: readonly number[];
  readonly maps: readonly number[];
}

const code = assemble([loadMap(r1, "events"), loadMap(r2, "hits"), mov(r0, 0), exit()]);
const kernel = openNativeKernel();
const events = ringbuf("events", u64, 4096);
const look = tracepoint("sched/sched_process_exec", code);
const tracer = loadCollection(kernel, { events, hits, look });
tracer.attach();
const path = kernel.openPath("/proc/self/ns/net");
for (let count = 0; count < 4; count++) kernel.openPath("/proc/self/ns/net").close();
const { id, mapIds } = tracer.look.info();
const objects: WorkerObjects = { programs: [id], maps: mapIds };
const iterator = tracer.events[Symbol.asyncIterator]();
void iterator.next();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, and no window
parentPort!.postMessage(objects);
if ((workerData as WorkerEnd) === "runs") for (;;) path.duplicate().close();
