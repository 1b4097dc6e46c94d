/**
 * Finds memory that is allocated and not freed: outstanding bytes by process and by the stack that asked for them.
 *
 * `malloc` is seen twice, as only its start knows the size and only its return the address. Registers are those of x86-64.
 * @module
 */
import { readFileSync } from "node:fs";
import { bpf, config, hashMap, s32, stackTraceMap, struct } from "ts-ebpf";
import { atomic, u32, u64, uprobe, uretprobe } from "ts-ebpf";

const BPF_F_USER_STACK = 256;

/** The C library of this process. */
const library =
  /\S+\/libc\.so\.6/.exec(readFileSync("/proc/self/maps", "utf8"))?.[0] ?? "libc.so.6";

const Origin = struct("origin", { pid: u32, stack: s32 });
const Allocation = struct("allocation", { bytes: u64, origin: Origin });
const Outstanding = struct("outstanding", { bytes: u64, count: u64 });

/** The process to look at; 0 is all of them. */
export const targetPid = config("target_pid", u32, 0);
/** Sizes asked for, by thread, between start and return of `malloc`. */
export const asked = hashMap("asked", u64, u64, 10_240);
/** What is not freed yet, by address. */
export const allocations = hashMap("allocations", u64, Allocation, 1_000_000);
export const outstanding = hashMap("outstanding", Origin, Outstanding, 10_240);
export const stacks = stackTraceMap("stacks", 16_384);

export const onMalloc = uprobe({ path: library, symbol: "malloc" }, (registers) => {
  "use bpf";
  const thread = bpf.getCurrentPidTgid();
  if (targetPid.value !== 0 && u32(thread >> 32n) !== targetPid.value) return;
  asked.update(thread, registers["di"]);
});

export const onMallocReturn = uretprobe({ path: library, symbol: "malloc" }, (registers) => {
  "use bpf";
  const thread = bpf.getCurrentPidTgid();
  const size = asked.lookup(thread);
  if (!size) return;
  const bytes = size.value;
  asked.delete(thread);
  const address = registers["ax"];
  if (address === 0n) return;

  const origin = Origin({
    pid: u32(thread >> 32n),
    stack: stacks.getId(registers, BPF_F_USER_STACK),
  });
  allocations.update(address, Allocation({ bytes, origin }));
  const total = outstanding.lookup(origin);
  if (!total) {
    outstanding.update(origin, Outstanding({ bytes, count: 1n }));
    return;
  }
  atomic(total).bytes += bytes;
  atomic(total).count += 1n;
});

export const onFree = uprobe({ path: library, symbol: "free" }, (registers) => {
  "use bpf";
  const address = registers["di"];
  const allocation = allocations.lookup(address);
  if (!allocation) return;
  const total = outstanding.lookup(allocation.origin);
  if (total) {
    atomic(total).bytes -= allocation.bytes;
    atomic(total).count -= 1n;
  }
  allocations.delete(address);
});
