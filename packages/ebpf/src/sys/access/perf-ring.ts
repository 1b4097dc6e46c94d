/**
 * The reading end of a perf event that programs output to: `PERF_COUNT_SW_BPF_OUTPUT`, on one CPU.
 * @module
 */
import type { Bridge, PerfRing } from "@ts-ebpf/native";
import { littleEndian } from "../../base/bytes.ts";
import { ClosedError } from "../../base/errors.ts";
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
const mapShared = 1;
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

/** A perf event with its ring, mapped into this process. */
export class NativePerfRing implements PerfRingAccess {
  readonly cpu: number;
  readonly sizeBytes: number;
  readonly event: Fd;
  readonly #bridge: Bridge;
  readonly #pauseRequest: number;
  readonly #overwritten: boolean;
  readonly #place: Int32Array = new Int32Array(1);
  #ring: PerfRing | undefined;
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
    this.#ring = openRing(bridge, this.event, { sizeBytes: this.sizeBytes, mode });
    stack.move();
  }

  get start(): number {
    return this.#place[0]!;
  }

  find(): number {
    const result = this.#bridge.perfFind(this.#open(), this.#place);
    if (result < 0) raise(-result, { text: `read ${this.event.label}` });
    return result;
  }

  release(bytes: number): void {
    const result = this.#bridge.perfRelease(this.#open(), bytes);
    if (result < 0) raise(-result, { text: `release records of ${this.event.label}` });
  }

  get data(): DataView {
    this.#open();
    return (this.#data ??= this.#mapData());
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
    if (this.#ring === undefined) return;
    this.#bridge.perfClose(this.#ring);
    this.#ring = undefined;
    if (this.#data !== undefined) this.#bridge.unmap(this.#data.buffer as ArrayBuffer);
    this.event.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** An event can be mapped twice, if as long as the first time. */
  #mapData(): DataView {
    const page = this.#bridge.pageSize();
    const length = page + this.sizeBytes;
    const memory = this.#bridge.map(this.event.raw, length, protRead, mapShared, 0);
    if (typeof memory === "number") raise(-memory, { text: `map ${this.event.label} into memory` });
    return new DataView(memory, page);
  }

  #setPaused(paused: 0 | 1): void {
    const result = this.#bridge.ioctl(this.event.raw, this.#pauseRequest, paused);
    if (result < 0) raise(-result, { text: `pause ${this.event.label}` });
  }

  #open(): PerfRing {
    if (this.#ring === undefined) throw new ClosedError(this.event.label);
    return this.#ring;
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

function openRing(
  bridge: Bridge,
  event: Fd,
  { sizeBytes, mode }: { readonly sizeBytes: number; readonly mode: PerfRingRequest["mode"] },
): PerfRing {
  const ring = bridge.perfOpen(event.raw, sizeBytes, mode === "overwrite" ? 1 : 0);
  if (typeof ring !== "number") return ring;
  return raise(-ring, {
    text: `map ${event.label} into memory`,
    meanings: {
      EPERM: {
        reason: `${sizeBytes} bytes are more than this user may lock`,
        hint: "give fewer pagesPerCpu, or raise kernel.perf_event_mlock_kb",
      },
    },
  });
}
