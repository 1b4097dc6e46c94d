/**
 * What definitions of maps leave open: how events are read, and what values of a known size are.
 * @module
 */
import { bytes } from "../../layout/bytes.ts";
import { u32, u64 } from "../../layout/integer.ts";
import type { Layout } from "../../layout/layout.ts";
import { wholeRecord } from "../../layout/whole-record.ts";
import type { MapType } from "../../spec/words.ts";

/** What an object file does not say of maps of events, since it does not know the events. */
export const eventDefaults = {
  ringbuf: { lossCounter: undefined, minEventBytes: 0 },
  perf_event_array: {
    minEventBytes: 0,
    pagesPerCpu: 64,
    wakeup: { events: 1 },
    mode: "keep",
  },
  user_ringbuf: {},
} as const;

/** Whether a map is one of events. */
export function isKindOfEvents(type: MapType): type is keyof typeof eventDefaults {
  return Object.hasOwn(eventDefaults, type);
}

/**
 * How events are laid out, as far as the definition of their map says. The values of perf event arrays are descriptors,
 * whatever the events are.
 */
export function eventsOf(type: MapType, value: Layout<unknown> | undefined): Layout<unknown> {
  return type === "perf_event_array" ? wholeRecord : (value ?? wholeRecord);
}

/** Keys and values of which only the size is known: mostly numbers. */
export function sized(size: number): Layout<unknown> {
  return size === 4 ? u32 : size === 8 ? u64 : bytes(size);
}

/**
 * How large a map is: rings are powers of two from one page up, and grow to the next one, as loaders do it.
 * Source: `adjust_ringbuf_sz` in tools/lib/bpf/libbpf.c.
 */
export function entriesOf(type: MapType, said: number): number {
  if ((type !== "ringbuf" && type !== "user_ringbuf") || said === 0) return said;
  const size = Math.max(smallestRing, 2 ** Math.ceil(Math.log2(said)));
  // The kernel tells what is wrong with a number that has no next one.
  return size > largestNumber ? said : size;
}

const smallestRing = 4096;
const largestNumber = 0xffff_ffff;
