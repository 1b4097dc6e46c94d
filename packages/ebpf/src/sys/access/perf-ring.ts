/**
 * The reading end of a perf event that programs output to: `PERF_COUNT_SW_BPF_OUTPUT`, on one CPU.
 * @module
 */
import type { Bridge } from "@ts-ebpf/native";
import { littleEndian } from "../../base/bytes.ts";
import { ClosedError, MalformedError } from "../../base/errors.ts";
import type { PerfRingAccess, PerfRingRequest } from "../../kernel/event-ring.ts";
import type { Caller } from "../call/caller.ts";
import { raise } from "../call/failure.ts";
import { KernelRecord } from "../call/record.ts";
import { Fd } from "../fd.ts";
import { type Member, perfEventAttr } from "../generated/attributes.ts";
import { perfTypeNumbers } from "../generated/constants.ts";
import { type Architecture, type IoctlRequest, ioctlNumber } from "../machine/architecture.ts";

// include/uapi/linux/perf_event.h
const bpfOutput = 10;
const sampleRaw = 1 << 10;
const closeOnExec = 8;
const noGroup = -1;
const everyProcess = -1;
const pauseOutput: IoctlRequest = { direction: "write", type: "$", number: 9, sizeBytes: 4 };
// include/uapi/asm-generic/mman-common.h; the same on all architectures.
const protRead = 1;
const protReadWrite = 3;
const mapShared = 1;
// Places in a page of words of 32 bits: the lower halves.
const headAt = (1024 >> 2) + (littleEndian ? 0 : 1);
const tailAt = (1032 >> 2) + (littleEndian ? 0 : 1);
const recordAlignment = 8;
/** PERF_ATTR_SIZE_VER0, known to every kernel. */
const attributeBytes = 64;

/**
 * The word of single bits in `struct perf_event_attr`, of which two are used here.
 *
 *      bit  0     …   14          …   27
 *     +----------+---+-----------+---+----------------+---
 *     | disabled | … | watermark | … | write_backward |     on big-endian machines counted from the highest
 *     +----------+---+-----------+---+----------------+---
 */
const bits: Member = [40, 8];
const bit = (number: number): bigint => 1n << BigInt(littleEndian ? number : 63 - number);
const watermark = bit(14);
const writeBackward = bit(27);

/**
 * A perf event with its ring, mapped into this process: a page of positions, and the data behind it.
 *
 *     page 0                                          from page 1
 *     +----------------------------------------------+--------------------+
 *     | … data_head, at 1024   data_tail, at 1032  … | record record …    |
 *     +----------------------------------------------+--------------------+
 *
 * Positions are 64-bit numbers, of which the lower half is enough here: a place in the data is a position modulo its size.
 * A ring that is read has its head moved up by the kernel and its tail by us. One that is overwritten has its head moved
 * down: there the newest record is, and older ones lie behind it.
 */
export class NativePerfRing implements PerfRingAccess {
  readonly cpu: number;
  readonly sizeBytes: number;
  readonly event: Fd;
  /** Where in {@link data} what was found begins. */
  start = 0;
  readonly #bridge: Bridge;
  readonly #pauseRequest: number;
  readonly #overwritten: boolean;
  #page: Int32Array | undefined;
  #data: DataView | undefined;

  /** Minimum kernel 4.3 (4.7 for mode `overwrite`); privileges: CAP_PERFMON. */
  constructor(caller: Caller, architecture: Architecture, request: PerfRingRequest) {
    const { bridge } = caller;
    const { cpu, pages, mode } = request;
    using stack = new DisposableStack();
    this.event = stack.use(openEvent(caller, request));
    this.cpu = cpu;
    this.sizeBytes = pages * bridge.pageSize();
    this.#bridge = bridge;
    this.#pauseRequest = ioctlNumber(architecture, pauseOutput);
    this.#overwritten = mode === "overwrite";
    // That the page is writable is what tells the kernel to keep what was not read.
    this.#page = new Int32Array(this.#map(this.#overwritten ? protRead : protReadWrite));
    stack.move();
  }

  find(): number {
    const page = this.#open();
    const head = Atomics.load(page, headAt); // what is before it has been written
    const start = this.#overwritten ? head : page[tailAt]!; // only we write the tail
    const bytes = this.#overwritten ? this.sizeBytes : (head - start) >>> 0;
    if (start % recordAlignment !== 0 || bytes > this.sizeBytes) throw this.#nonsense(start, head);
    this.start = start & (this.sizeBytes - 1);
    return bytes;
  }

  release(bytes: number): void {
    const page = this.#open();
    const tail = (page[tailAt]! + bytes) | 0;
    if (tail >>> 0 < bytes) page[tailAt + 1]! += 1;
    Atomics.store(page, tailAt, tail); // what was read before has been read
  }

  get data(): DataView {
    this.#open();
    return (this.#data ??= new DataView(this.#map(protRead), this.#bridge.pageSize()));
  }

  pendingBytes(): number {
    this.#open();
    return this.#overwritten ? 0 : this.find();
  }

  pause(): void {
    this.#setPaused(1);
  }

  resume(): void {
    this.#setPaused(0);
  }

  close(): void {
    if (this.#page === undefined) return;
    this.#bridge.unmap(this.#page.buffer as ArrayBuffer);
    this.#page = undefined;
    if (this.#data !== undefined) this.#bridge.unmap(this.#data.buffer as ArrayBuffer);
    this.event.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** An event can be mapped twice, if as long as the first time. */
  #map(protection: number): ArrayBuffer {
    const length = this.#bridge.pageSize() + this.sizeBytes;
    const memory = this.#bridge.map(this.event.raw, length, protection, mapShared, 0);
    if (typeof memory !== "number") return memory;
    return raise(-memory, {
      text: `map ${this.event.label} into memory`,
      meanings: {
        EPERM: {
          reason: `${this.sizeBytes} bytes are more than this user may lock`,
          hint: "give fewer pagesPerCpu, or raise kernel.perf_event_mlock_kb",
        },
      },
    });
  }

  #nonsense(start: number, head: number): MalformedError {
    return new MalformedError("RECORD", `${start >>> 0} to ${head >>> 0} is no part of the ring`, {
      path: [this.event.label],
      offset: 0,
      hint: "let only one reader take records out of a ring",
    });
  }

  #setPaused(paused: 0 | 1): void {
    const result = this.#bridge.ioctl(this.event.raw, this.#pauseRequest, paused);
    if (result < 0) raise(-result, { text: `pause ${this.event.label}` });
  }

  #open(): Int32Array {
    if (this.#page === undefined) throw new ClosedError(this.event.label);
    return this.#page;
  }
}

function openEvent(caller: Caller, { cpu, wakeup, mode }: PerfRingRequest): Fd {
  const backward = mode === "overwrite" ? writeBackward : 0n;
  const record = new KernelRecord({ sizeBytes: attributeBytes })
    .set(perfEventAttr.type, perfTypeNumbers.software)
    .set(perfEventAttr.size, attributeBytes)
    .set(perfEventAttr.config, bpfOutput)
    .set(perfEventAttr.sampleType, sampleRaw)
    .set(perfEventAttr.samplePeriod, 1);
  if ("events" in wakeup) {
    record.set(perfEventAttr.wakeupEvents, wakeup.events).set(bits, backward);
  } else {
    record.set(perfEventAttr.wakeupWatermark, wakeup.bytes).set(bits, backward | watermark);
  }
  const label = `perf buffer of CPU ${cpu}`;
  const number = caller.check(
    caller.bridge.perfEventOpen(record.bytes, everyProcess, cpu, noGroup, closeOnExec),
    {
      text: `open ${label}`,
      needs: ["CAP_PERFMON"],
      meanings: { ENODEV: { reason: "the CPU is not online" } },
    },
  );
  return new Fd(caller.bridge, number, { kind: "perf-event", label });
}
