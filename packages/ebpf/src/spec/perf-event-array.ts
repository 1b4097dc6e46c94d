/**
 * Specification of perf buffers, maps of type `perf_event_array`.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything, isObject, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertLayout } from "../layout/assert-layout.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import type { PerfEventArrayMethods } from "./kernel-side.ts";
import {
  assertMapName,
  type PerfEventArraySpec,
  type PerfMode,
  type PerfWakeup,
} from "./map-spec.ts";

/** Options of {@link perfEventArray}. */
export interface PerfEventArrayOptions {
  /** Pages of memory of each CPU's ring, a power of two up to 32768; 64 when left out (256 KiB with pages of 4 KiB). */
  readonly pagesPerCpu?: number;
  /**
   * When readers are woken; at each event when left out. With more at once waking costs less, and what is below the
   * number waits until somebody asks for it (`drain`).
   */
  readonly wakeup?: PerfWakeup;
  /** `keep` when left out. */
  readonly mode?: PerfMode;
  /**
   * Bytes an event has at least; the size of its layout when left out. What is missing reads as zeros, but the kernel pads
   * what programs write to 4 bytes behind a multiple of 8, with anything: let events of varying length say their length.
   */
  readonly minEventBytes?: number;
}

const mostPages = 32_768;
const modes: readonly PerfMode[] = ["keep", "overwrite"];

/**
 * A perf buffer: a ring of events for each CPU, and no order between CPUs. Minimum kernel 4.4. A `ringbuf` (kernel 5.8)
 * keeps the order, shares its memory between CPUs and copies once less; this is for older kernels, and for events of
 * which only the last are wanted (`mode: "overwrite"`, kernel 4.7).
 * @throws {InvalidArgumentError} when the number of pages is no power of two, or the wake-up or a size cannot be meant.
 */
export function perfEventArray<Event>(
  name: string,
  event: Layout<Event>,
  options: PerfEventArrayOptions = {},
): PerfEventArraySpec<Event> & PerfEventArrayMethods<Event> {
  assertMapName(name);
  const what = `perf buffer "${name}"`;
  assertLayout(event, `the events of ${what}`);
  assertOptions(options, checks, what);
  const { pagesPerCpu = 64, wakeup = { events: 1 }, mode = "keep" } = options;
  const { minEventBytes = event.size } = options;
  assertPages(name, pagesPerCpu);
  assertWakeup(name, wakeup);
  assertEventSize(name, event);
  assertWhole(minEventBytes, `minEventBytes of ${what}`, { most: event.size });
  const spec: PerfEventArraySpec<Event> = {
    kind: "map",
    type: "perf_event_array",
    name,
    // As many as the machine has CPUs.
    maxEntries: 0,
    flags: [],
    value: event,
    minEventBytes,
    pagesPerCpu,
    wakeup,
    mode,
  };
  return withKernelMethods(spec) as PerfEventArraySpec<Event> & PerfEventArrayMethods<Event>;
}

const checks: Checks<PerfEventArrayOptions> = {
  // A power of two, which is told by itself.
  pagesPerCpu: isAnything,
  wakeup: isObject,
  mode: isWord(modes),
  // At most the size of the layout, which is known later.
  minEventBytes: isAnything,
};

function assertPages(name: string, pages: number): void {
  const isWhole = typeof pages === "number" && Number.isInteger(Math.log2(pages));
  if (isWhole && pages >= 1 && pages <= mostPages) return;
  throw new InvalidArgumentError(`perf buffer "${name}": pagesPerCpu is ${String(pages)}`, {
    hint: `give a power of two from 1 to ${mostPages}, such as 64`,
  });
}

function assertWakeup(name: string, wakeup: PerfWakeup): void {
  const [what, count] = "events" in wakeup ? ["events", wakeup.events] : ["bytes", wakeup.bytes];
  if (Number.isInteger(count) && count >= 1 && count <= 0xffff_ffff) return;
  throw new InvalidArgumentError(`perf buffer "${name}": woken after ${String(count)} ${what}`, {
    hint: "give a whole number from 1 to 2^32 - 1",
  });
}

/** A record's size is 16 bits, its header included (include/uapi/linux/perf_event.h). */
const largestEvent = 0xffff - 8 - 4 - 7;

function assertEventSize(name: string, { size, name: layout }: Layout<unknown>): void {
  if (size <= largestEvent) return;
  throw new InvalidArgumentError(`perf buffer "${name}": ${layout} has ${size} bytes`, {
    hint: `an event has at most ${largestEvent} bytes; use a ringbuf`,
  });
}
