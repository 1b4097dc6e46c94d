/**
 * Specification of ring buffers.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything } from "../base/checks.ts";
import { assertLayout } from "../layout/assert-layout.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import type { RingbufMethods } from "./kernel-side.ts";
import {
  assertMapName,
  assertRingSize,
  isMapSpec,
  type LossCounterSpec,
  type RingbufSpec,
} from "./map-spec.ts";

/** Options of {@link ringbuf}. */
export interface RingbufOptions {
  /** Size of the data area in bytes: a power of two and a multiple of the page size (4096, or up to 65536 on arm64). */
  readonly sizeBytes: number;
  /** Where programs count what found no room. */
  readonly lossCounter?: LossCounterSpec;
  /**
   * Bytes an event has at least; the size of its layout when left out. Give less when programs leave out the end of
   * events, as they do for text of varying length: what is missing reads as zeros.
   */
  readonly minEventBytes?: number;
}

/**
 * A ring buffer of events, shared by all CPUs, in the order they were reserved. Minimum kernel 5.8.
 * @throws {InvalidArgumentError} when the size is not a power of two of at least 4096.
 */
export function ringbuf<Event>(
  name: string,
  event: Layout<Event>,
  size: number | RingbufOptions,
): RingbufSpec<Event> & RingbufMethods<Event> {
  assertMapName(name);
  const what = `ring buffer "${name}"`;
  assertLayout(event, `the events of ${what}`);
  const options: RingbufOptions =
    typeof size === "object" && size !== null ? size : { sizeBytes: size };
  assertOptions(options, checks, what);
  const { sizeBytes, lossCounter, minEventBytes = event.size } = options;
  assertRingSize(name, sizeBytes);
  assertWhole(minEventBytes, `minEventBytes of ${what}`, { most: event.size });
  const spec: RingbufSpec<Event> = {
    kind: "map",
    type: "ringbuf",
    name,
    maxEntries: sizeBytes,
    flags: [],
    value: event,
    lossCounter,
    minEventBytes,
  };
  return withKernelMethods(spec) as RingbufSpec<Event> & RingbufMethods<Event>;
}

const checks: Checks<RingbufOptions> = {
  // The rings' own checks are for these.
  sizeBytes: isAnything,
  minEventBytes: isAnything,
  lossCounter: isMapSpec,
};
