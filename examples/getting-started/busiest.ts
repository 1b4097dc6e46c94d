/**
 * Tells which processes made most system calls in a second.
 * @module
 */
// #region application
import { setTimeout } from "node:timers/promises";
import { load } from "ts-ebpf";
import { counts, onCall } from "./count.ts";

await using loaded = await load({ counts, onCall });
loaded.attach();
await setTimeout(1000);
loaded.detach();

const busiest = [...loaded.counts].toSorted(([, one], [, other]) => Number(other - one));
for (const [pid, count] of busiest.slice(0, 5)) console.log(`process ${pid}: ${count} calls`);
// #endregion
