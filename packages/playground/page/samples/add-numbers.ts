// A loop and a function of its own: for going through step by step.
import { array, global, range, u32, xdp } from "ts-ebpf";

export const sums = global("sums", array(u32, 4), [0, 0, 0, 0]);

function squareOf(value: number): number {
  "use bpf";
  return value * value;
}

export const onPacket = xdp(() => {
  "use bpf";
  let sum = 0;
  for (const index of range(4)) {
    sum += squareOf(index);
    sums.value[index] = sum;
  }
  return 2;
});
