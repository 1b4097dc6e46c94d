/**
 * producer PROGRAM RATE SECONDS: runs the program with this number so often a second, by test runs, for so long; prints how
 * often it ran, and in how many seconds. The rate is held on the whole: what a pause made late is caught up.
 * @module
 */
import type { ProgramId } from "ts-ebpf/kernel";
import { openNativeKernel } from "ts-ebpf/sys";
import { numberArgument } from "./rounds.ts";

const id = numberArgument(1) as ProgramId;
const rate = numberArgument(2);
const seconds = numberArgument(3);

/** Events in a test run at most, so that a pause is not caught up in one. */
const mostAtOnce = 5000;

const kernel = openNativeKernel();
using prog = kernel.bpf("progGetFdById", { id });
const dataIn = new Uint8Array(64);
const pause = new Int32Array(new SharedArrayBuffer(4));
const wanted = rate * seconds;
const start = performance.now();
let made = 0;
while (made < wanted) {
  const due = Math.min(wanted, Math.floor(((performance.now() - start) / 1000) * rate));
  const repeat = Math.min(mostAtOnce, due - made);
  if (repeat > 0) kernel.bpf("progTestRun", { prog, dataIn, repeat });
  made += Math.max(0, repeat);
  if (made >= due) Atomics.wait(pause, 0, 0, 1);
}
console.log(JSON.stringify({ made, seconds: (performance.now() - start) / 1000 }));
