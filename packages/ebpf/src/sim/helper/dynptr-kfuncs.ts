/**
 * Functions of the kernel on pointers with a length: parts of them, and packets as such (kernel/bpf/helpers.c,
 * net/core/filter.c).
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { type Helper, type Machine } from "../vm/machine.ts";
import { dynptrAt, dynptrKinds, putDynptr } from "./dynptr.ts";
import { u32Of, u64Of } from "./context.ts";

/** One that has the whole packet: it moves with it, so that its length is asked again at each use. */
function ofPacket(machine: Machine, kernel: Core): number {
  const { packet } = kernel;
  if (u64Of(machine, 2) !== 0n) {
    putDynptr(kernel, u64Of(machine, 3), { address: 0n, length: 0 }, dynptrKinds.none);
    return failed.invalid;
  }
  const whole = { address: packet.at(packet.start), length: packet.length };
  putDynptr(kernel, u64Of(machine, 3), whole, dynptrKinds.memory);
  return 0;
}

/** Address of a part; 0 where it is not all there. Packets of the simulated kernel are of one piece: no copy is needed. */
function slice(machine: Machine, kernel: Core): bigint {
  const pointer = dynptrAt(machine, kernel, 1);
  const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
  if (pointer === undefined || offset + length > pointer.length) return 0n;
  return pointer.address + BigInt(offset);
}

function adjust(machine: Machine, kernel: Core): number {
  const pointer = dynptrAt(machine, kernel, 1);
  const [start, end] = [u32Of(machine, 2), u32Of(machine, 3)];
  if (pointer === undefined || start > end) return failed.invalid;
  if (start > pointer.length || end > pointer.length) return failed.range;
  const part = { address: pointer.address + BigInt(start), length: end - start };
  putDynptr(kernel, u64Of(machine, 1), part, dynptrKinds.memory);
  return 0;
}

/** By name, for a kernel. */
export function dynptrKfuncs(kernel: () => Core): Readonly<Record<string, Helper>> {
  return {
    bpf_dynptr_from_skb: (machine) => ofPacket(machine, kernel()),
    bpf_dynptr_from_xdp: (machine) => ofPacket(machine, kernel()),
    bpf_dynptr_slice: (machine) => slice(machine, kernel()),
    bpf_dynptr_slice_rdwr: (machine) => slice(machine, kernel()),
    bpf_dynptr_adjust: (machine) => adjust(machine, kernel()),
    bpf_dynptr_is_null: (machine) => (dynptrAt(machine, kernel(), 1) === undefined ? 1 : 0),
    bpf_dynptr_is_rdonly: () => 0,
    bpf_dynptr_size: (machine) => dynptrAt(machine, kernel(), 1)?.length ?? failed.invalid,
    bpf_dynptr_clone: (machine) => {
      const pointer = dynptrAt(machine, kernel(), 1);
      const to = pointer ?? { address: 0n, length: 0 };
      const kind = pointer === undefined ? dynptrKinds.none : dynptrKinds.memory;
      putDynptr(kernel(), u64Of(machine, 2), to, kind);
      return pointer === undefined ? failed.invalid : 0;
    },
  };
}
