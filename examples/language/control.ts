/**
 * Control: loops with a bound, functions, going on with another program.
 * @module
 */
import { arrayMap, atomic, bpf, config, global, kernel, loop, packet } from "ts-ebpf";
import { progArray, range, struct, timer, u32, u64, u8, unrolled, xdp } from "ts-ebpf";

const XDP_DROP = 1;
const XDP_PASS = 2;

// #region range
export const prices = arrayMap("prices", u64, 4096);
/** How many prices there are. */
export const count = config("count", u32, 0);
export const total = global("total", u64, 0n);

export const addUp = xdp(() => {
  "use bpf";
  let sum = 0n;
  for (const index of range(count.value)) {
    const price = prices.lookup(index);
    if (price) sum += price.value;
  }
  total.value = sum;
  return XDP_PASS;
});
// #endregion

// #region bounded
const Byte = struct("byte", { value: u8 });
export const checksum = global("checksum", u32, 0);

export const sumBytes = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  let sum = 0;
  for (let index = 0; index < 64; index++) {
    const byte = pkt.next(Byte);
    if (!byte) break;
    sum += byte.value;
  }
  checksum.value = sum;
  return XDP_PASS;
});
// #endregion

// #region functions
export const sizes = arrayMap("sizes", u64, 4);

/** What is known when compiling, such as a map, is known inside of the function as well. */
function add(map: typeof sizes, index: number, amount: number): boolean {
  "use bpf";
  const found = map.lookup(index);
  if (!found) return false;
  atomic(found).value += u64(amount);
  return true;
}

export const classify = xdp((ctx) => {
  "use bpf";
  const { length } = packet(ctx);
  if (!add(sizes, Math.min(length >> 6, 3), length)) return XDP_DROP;
  return XDP_PASS;
});
// #endregion

// #region tail-calls
export const parsers = progArray("parsers", { maxEntries: 256, programs: () => [onOther, onIcmp] });

export const onIcmp = xdp(() => {
  "use bpf";
  return XDP_DROP;
});

export const onOther = xdp(() => {
  "use bpf";
  return XDP_PASS;
});

export const dispatch = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  pkt.skip(14);
  const ip = pkt.next(kernel.iphdr);
  if (ip) parsers.tailCall(ctx, ip.protocol); // Does not come back when there is a program.
  return XDP_PASS;
});
// #endregion

// #region callbacks
export const visited = global("visited", u32, 0);

export const visit = xdp(() => {
  "use bpf";
  let sum = 0;
  loop(count.value, (index) => {
    sum += index;
    return index === 99; // Something other than 0, false and undefined ends the loop.
  });
  for (const bit of unrolled(4)) sum += 1 << bit;
  visited.value = sum;
  return XDP_PASS;
});
// #endregion

// #region timers
const CLOCK_MONOTONIC = 1n;

const Job = struct("job", { at: timer });
export const jobs = arrayMap("jobs", Job, 1);
export const runs = global("runs", u64, 0n);

function onTime(): void {
  "use bpf";
  atomic(runs).value += 1n;
}

export const schedule = xdp(() => {
  "use bpf";
  const job = jobs.lookup(0);
  if (!job) return XDP_PASS;
  bpf.timerInit(job.at, jobs, CLOCK_MONOTONIC);
  bpf.timerSetCallback(job.at, onTime);
  bpf.timerStart(job.at, 1_000_000n); // A millisecond from now.
  return XDP_PASS;
});
// #endregion
