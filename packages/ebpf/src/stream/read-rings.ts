/**
 * One reader for several streams of events.
 *
 * The streams are put together into one source, which goes round them; readers and consumers work on that as on a single
 * one. Each stream is in order, between them there is none.
 * @module
 */
import { isFunction, isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertLive } from "../base/given.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { BatchSource, ConsumeOptions } from "./batch-consumer.ts";
import type { EventBatch } from "./event-batch.ts";
import type { EventMap, ReadOptions } from "./event-map.ts";
import { assertReadOptions, limitOf } from "./waiting.ts";
import type { EventRecord } from "./event-record.ts";
import { handlesOf, nextTurn, Readiness, type Waiters } from "./readiness.ts";
import { RingConsumer, takeBatches, takeRecords } from "./ring-consumer.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- streams are invariant in their event: `unknown` would fit none
type AnyEvents = EventMap<any, any>;

/** Ring buffers and perf buffers by name. */
export type NamedRings = Readonly<Record<string, AnyEvents>>;

/** The event of a stream. */
type EventOf<Ring> = Ring extends AsyncIterable<infer Event> ? Event : never;

/** An event with the name under which its ring was given. */
export type NamedEvent<Rings extends NamedRings> = {
  [Name in keyof Rings & string]: { readonly ring: Name; readonly event: EventOf<Rings[Name]> };
}[keyof Rings & string];

/**
 * Events of several rings as they come, with the name of their ring. Options and errors are those of `RingBuffer.read`;
 * closing one of the rings ends it, too.
 */
export async function* readRings<const Rings extends NamedRings>(
  kernel: Kernel,
  rings: Rings,
  options: ReadOptions = {},
): AsyncGenerator<NamedEvent<Rings>, void> {
  assertKernel(kernel);
  assertReadOptions(options);
  assertRings(rings);
  let left = limitOf(options);
  using readiness = new Readiness(kernel, Object.values(rings), options);
  while (left > 0 && !readiness.ended) {
    let found = 0;
    for (const named of drainRings(rings, () => Math.min(left, fairShare))) {
      found += 1;
      left -= 1;
      yield named;
      // What comes behind stays: the loop was stopped, or one of the rings closed.
      if (readiness.ended) return;
    }
    if (found > 0) await nextTurn();
    else if (!(await readiness.wait())) return;
  }
}

/** The events that are there now, of each ring at most `share()`. */
function* drainRings<Rings extends NamedRings>(
  rings: Rings,
  share: () => number,
): Generator<NamedEvent<Rings>, void> {
  for (const [ring, events] of Object.entries(rings)) {
    for (const event of events.drain(share())) yield { ring, event };
  }
}

/** Events taken from one ring before the next one gets its turn. */
const fairShare = 4096;

/**
 * Calls `onRecord` for each record of several rings, with the name of its ring, from the event loop: like
 * `RingBuffer.consume` of all of them, by one consumer.
 */
export function consumeRings<const Rings extends NamedRings>(
  kernel: Kernel,
  rings: Rings,
  onRecord: (record: EventRecord<EventOf<Rings[keyof Rings]>>, ring: keyof Rings & string) => void,
  options: ConsumeOptions = {},
): RingConsumer<EventOf<Rings[keyof Rings]>> {
  assertKernel(kernel);
  isFunction(onRecord, "what takes the records");
  const source = new RingGroup(rings);
  const take = takeRecords((record: AnyRecord) => onRecord(record, source.current));
  return new RingConsumer(kernel, source, take, options);
}

/** The same for batches: like `RingBuffer.consumeBatches` of all rings. A batch is of one ring. */
export function consumeRingBatches<const Rings extends NamedRings>(
  kernel: Kernel,
  rings: Rings,
  onBatch: (batch: EventBatch<EventOf<Rings[keyof Rings]>>, ring: keyof Rings & string) => void,
  options: ConsumeOptions = {},
): RingConsumer<EventOf<Rings[keyof Rings]>> {
  assertKernel(kernel);
  isFunction(onBatch, "what takes the batches");
  const source = new RingGroup(rings);
  const take = takeBatches((batch: AnyBatch) => onBatch(batch, source.current));
  return new RingConsumer(kernel, source, take, options);
}

// oxlint-disable typescript/no-explicit-any -- as above
type AnyRecord = EventRecord<any>;
type AnyBatch = EventBatch<any>;
// oxlint-enable typescript/no-explicit-any

/** @throws {InvalidArgumentError} when there are none, or one of them is none. */
function assertRings(rings: NamedRings): void {
  isObject(rings, "what is read");
  const hint = "give ring buffers or perf buffers of a collection by name";
  for (const [name, ring] of Object.entries(rings)) assertLive(ring, "fetch", `ring ${name}`, hint);
  if (Object.keys(rings).length > 0) return;
  throw new InvalidArgumentError("there are no rings to read", {
    hint: "give at least one by name",
  });
}

/** Several rings as one source of batches, each of which is of one ring. */
class RingGroup implements BatchSource<AnyBatch> {
  readonly handle: Handle;
  readonly watched: readonly Handle[];
  readonly waiting: Waiters;
  readonly #rings: readonly AnyEvents[];
  readonly #names: readonly string[];
  #current = 0;

  constructor(rings: NamedRings) {
    assertRings(rings);
    this.#names = Object.keys(rings);
    this.#rings = Object.values(rings);
    this.handle = this.#rings[0]!.handle;
    this.watched = this.#rings.flatMap(handlesOf);
    this.waiting = {
      add: (waiter) => this.#rings.forEach(({ waiting }) => waiting.add(waiter)),
      delete: (waiter) => this.#rings.forEach(({ waiting }) => waiting.delete(waiter)),
    };
  }

  /** Name of the ring that the last batch is of. */
  get current(): string {
    return this.#names[this.#current]!;
  }

  fetch(): AnyBatch | undefined {
    const rings = this.#rings;
    for (let tried = 0; tried < rings.length; tried++) {
      this.#current = this.#current + 1 < rings.length ? this.#current + 1 : 0;
      const batch = rings[this.#current]!.fetch();
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  release(): void {
    this.#rings[this.#current]!.release();
  }
}
