/**
 * One reader for several ring buffers.
 * @module
 */
import type { Kernel } from "../kernel/kernel.ts";
import { nextTurn, Readiness } from "./readiness.ts";
import type { ReadOptions, RingBuffer } from "./ring-buffer.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- rings are invariant in their event: `unknown` would fit none
type AnyRing = RingBuffer<any>;

/** An event with the name under which its ring was given. */
export type NamedEvent<Rings extends Readonly<Record<string, AnyRing>>> = {
  [Name in keyof Rings & string]: Rings[Name] extends RingBuffer<infer Event>
    ? { readonly ring: Name; readonly event: Event }
    : never;
}[keyof Rings & string];

/**
 * Events of several rings as they come, with the name of their ring. Each ring is in order; between rings there is
 * none. Options and errors are those of `RingBuffer.read`.
 */
export async function* readRings<const Rings extends Readonly<Record<string, AnyRing>>>(
  kernel: Kernel,
  rings: Rings,
  options: ReadOptions = {},
): AsyncGenerator<NamedEvent<Rings>, void> {
  const { limit = Infinity } = options;
  using readiness = new Readiness(kernel, Object.values(rings), options);
  let left = limit;
  while (left > 0 && !readiness.ended) {
    let found = 0;
    for (const [ring, events] of Object.entries(rings)) {
      for (const event of events.drain(Math.min(left, fairShare))) {
        found += 1;
        left -= 1;
        yield { ring, event } as NamedEvent<Rings>;
      }
    }
    if (found > 0) await nextTurn();
    else if (!(await readiness.wait())) return;
  }
}

/** Events taken from one ring before the next one gets its turn. */
const fairShare = 4096;
