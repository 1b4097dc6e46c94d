/**
 * Producers of records; `peer/rings.bpf.c` has the same ones in C.
 * @module
 */
import {
  perfEventArray,
  program,
  ringbuf,
  u64,
  type Layout,
  type PerfEventArraySpec,
  type ProgramSpec,
  type RingbufSpec,
} from "ts-ebpf";
import { assemble, call, exit, mov, r0, r1, r6, stackFrame, storeTo, type Item } from "ts-ebpf/asm";

const sizeBytes = 1 << 23;
const returnZero: Item = [mov(r0, 0), exit()];

/** A ring of the size that the peer's has. */
export function ringOf<Event>(event: Layout<Event>): RingbufSpec<Event> {
  return ringbuf("events", event, { sizeBytes });
}

/**
 * Outputs one record of 64 bytes, the numbers 1 to 8; of many in a row the first wakes whoever waits. A classifier: a
 * test run of XDP waits for the other processors before it returns, and the records go cold meanwhile.
 */
export function fillProgram(events: RingbufSpec<unknown>): ProgramSpec {
  const stack = stackFrame();
  const words = Array.from({ length: 8 }, () => stack.slot(u64)).toReversed();
  return program("sched_cls", [
    ...assemble([
      words.map((word, index) => storeTo(word, index + 1)),
      call("ringbuf_output", events, words[0]!, 64, 0),
      returnZero,
    ]),
  ]);
}

/** A perf buffer whose ring has as many pages for each CPU as the peer's. */
export function perfBufferOf<Event>(event: Layout<Event>): PerfEventArraySpec<Event> {
  return perfEventArray("perf_events", event, { pagesPerCpu: 2048 });
}

/** Outputs one record of 64 bytes, the numbers 1 to 8, into the perf buffer of the CPU that it runs on. */
export function perfFillProgram(events: PerfEventArraySpec<unknown>): ProgramSpec {
  const currentCpu = 0xffff_ffffn;
  const stack = stackFrame();
  const words = Array.from({ length: 8 }, () => stack.slot(u64)).toReversed();
  return program("sched_cls", [
    ...assemble([
      mov(r6, r1),
      words.map((word, index) => storeTo(word, index + 1)),
      call("perf_event_output", r6, events, currentCpu, words[0]!, 64),
      returnZero,
    ]),
  ]);
}

/** Outputs one record with the time of its making; whoever waits is woken. */
export function stampProgram(events: RingbufSpec<unknown>): ProgramSpec {
  const now = stackFrame().slot(u64);
  return program("raw_tracepoint", [
    ...assemble([
      call("ktime_get_ns"),
      storeTo(now, r0),
      call("ringbuf_output", events, now, 8, 0),
      returnZero,
    ]),
  ]);
}
