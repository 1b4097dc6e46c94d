/**
 * Producers of ring buffer records; `peer/rings.bpf.c` has the same two in C.
 * @module
 */
import { program, ringbuf, u64, type Layout, type ProgramSpec, type RingbufSpec } from "ts-ebpf";
import { assemble, call, exit, mov, r0, stackFrame, storeTo, type Item } from "ts-ebpf/asm";

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
