/**
 * A function that the compiler refuses, for three reasons at once.
 * @module
 */
import { arrayMap, type BpfError, load, u64, xdp } from "ts-ebpf";

// #region refused
const counts = arrayMap("counts", u64, 64);

const onPacket = xdp((ctx) => {
  "use bpf";
  const count = counts.lookup(ctx.rx_queue_index);
  count!.value += 1n;
  const half = ctx.rx_queue_index / 2;
  if (/^[1-9]/.test(String(half))) return 1;
  return 2;
});

await load({ onPacket }).catch((error: BpfError) => console.log(error.format()));
// #endregion
