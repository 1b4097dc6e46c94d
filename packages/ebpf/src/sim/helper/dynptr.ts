/**
 * Pointers with a length that is known at run time, and user ring buffers, whose records are such (kernel/bpf/helpers.c).
 *
 * What they look like inside is nobody's business but this file's:
 *
 *      0         8        12       16
 *     +---------+--------+--------+
 *     | address | length | kind   |    kind: 1 memory, 2 a record of a ring buffer, 0 none
 *     +---------+--------+--------+
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { RingStore } from "../map/ring-store.ts";
import { UserRingStore } from "../map/user-ring-store.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";

/** What a pointer is of. */
export const dynptrKinds = { none: 0n, memory: 1n, record: 2n } as const;

/** Where what it points to is, and how much of it there is. */
export interface Dynptr {
  readonly address: bigint;
  readonly length: number;
}

/** Writes a pointer to `at`. */
export function putDynptr(
  { memory }: Core,
  at: bigint,
  { address, length }: Dynptr,
  kind: bigint,
): void {
  memory.store(at, 8, address);
  memory.store(at + 8n, 4, BigInt(length));
  memory.store(at + 12n, 4, kind);
}

/** The pointer that argument `index` points to; `undefined` when it is null. */
export function dynptrAt(machine: Machine, { memory }: Core, index: number): Dynptr | undefined {
  const at = u64Of(machine, index);
  const address = memory.load(at, 8);
  return address === 0n ? undefined : { address, length: Number(memory.load(at + 8n, 4)) };
}

/** The part of what a pointer points to; a negated errno when it is not all there. */
function partOf(pointer: Dynptr | undefined, offset: number, length: number): bigint | number {
  if (pointer === undefined) return failed.invalid;
  if (offset + length > pointer.length) return failed.tooBig;
  return pointer.address + BigInt(offset);
}

function settle(machine: Machine, kernel: Core, outcome: "submit" | "discard"): number {
  const pointer = dynptrAt(machine, kernel, 1);
  if (pointer === undefined) return 0;
  for (const ring of kernel.rings) if (ring.settle(pointer.address, outcome)) break;
  putDynptr(kernel, u64Of(machine, 1), { address: 0n, length: 0 }, dynptrKinds.none);
  return 0;
}

/** Most records that one call drains: BPF_MAX_USER_RINGBUF_SAMPLES of kernel/bpf/ringbuf.c. */
const mostRecords = 128 * 1024;

/** Dynamic pointers. */
export const dynptrHelpers: HelperGroup = {
  dynptr_from_mem: (machine, kernel) => {
    const length = u32Of(machine, 2);
    if (u64Of(machine, 3) !== 0n) return failed.invalid;
    putDynptr(
      kernel,
      u64Of(machine, 4),
      { address: u64Of(machine, 1), length },
      dynptrKinds.memory,
    );
    return 0;
  },
  ringbuf_reserve_dynptr: (machine, kernel) => {
    const { store } = kernel.mapAt(u64Of(machine, 1));
    const length = u32Of(machine, 2);
    const isRing = store instanceof RingStore && u64Of(machine, 3) === 0n;
    const isLost = isRing && kernel.injections.loses("ringbuf");
    const address = isRing && !isLost ? store.reserve(length) : 0n;
    putDynptr(
      kernel,
      u64Of(machine, 4),
      { address, length },
      address === 0n ? dynptrKinds.none : dynptrKinds.record,
    );
    if (address !== 0n) return 0;
    return isRing ? failed.again : failed.invalid;
  },
  ringbuf_submit_dynptr: (machine, kernel) => settle(machine, kernel, "submit"),
  ringbuf_discard_dynptr: (machine, kernel) => settle(machine, kernel, "discard"),
  dynptr_read: (machine, kernel) => {
    const length = u32Of(machine, 2);
    const part = partOf(dynptrAt(machine, kernel, 3), u32Of(machine, 4), length);
    if (typeof part === "number") return part;
    writable(machine, 1, length).set(kernel.memory.bytes(part, length));
    return 0;
  },
  dynptr_write: (machine, kernel) => {
    const length = u32Of(machine, 4);
    const part = partOf(dynptrAt(machine, kernel, 1), u32Of(machine, 2), length);
    if (typeof part === "number") return part;
    kernel.memory.bytes(part, length, "write").set(readable(machine, 3, length));
    return 0;
  },
  dynptr_data: (machine, kernel) => {
    const part = partOf(dynptrAt(machine, kernel, 1), u32Of(machine, 2), u32Of(machine, 3));
    return typeof part === "number" ? 0 : part;
  },
  user_ringbuf_drain: (machine, kernel) => {
    const { store } = kernel.mapAt(u64Of(machine, 1));
    const [callback, argument] = [u64Of(machine, 2), u64Of(machine, 3)];
    if (!(store instanceof UserRingStore) || u64Of(machine, 4) > 3n) return failed.invalid;
    const pointer = kernel.memory.allocate("a record of user space", new Uint8Array(16));
    let count = 0;
    try {
      for (; count < mostRecords;) {
        const record = store.takeRecord();
        if (record === undefined) break;
        putDynptr(kernel, pointer, record, dynptrKinds.memory);
        count += 1;
        if (machine.call(callback, pointer, argument) !== 0n) break;
      }
    } finally {
      kernel.memory.free(pointer);
    }
    if (count > 0) store.wakeWriters();
    return count;
  },
  kptr_xchg: (machine, { memory }) => {
    const at = u64Of(machine, 1);
    const old = memory.load(at, 8);
    memory.store(at, 8, u64Of(machine, 2));
    return old;
  },
  // There is one of each variable of the kernel.
  per_cpu_ptr: (machine) => u64Of(machine, 1),
  this_cpu_ptr: (machine) => u64Of(machine, 1),
};
