/**
 * The latest event of a ring or perf buffer, for those who want to know how things are and not how they came to be.
 *
 * Events are taken from the ring as they come. Of those that come together only the last one is decoded; the others are
 * counted and gone.
 * @module
 */
import { isObject } from "../base/checks.ts";
import { ClosedError, MalformedError } from "../base/errors.ts";
import { assertLive } from "../base/given.ts";
import type { EventBatch } from "../stream/event-batch.ts";
import type { EventMap } from "../stream/event-map.ts";
import type { ConsumeOptions, RingConsumer } from "../stream/ring-consumer.ts";
import { Waiting, type WaitOptions } from "../stream/waiting.ts";

/** The latest event of a ring or perf buffer. It is the ring's reader until it is closed; the ring is lent and stays. */
export class LatestEvent<Event> implements Disposable {
  readonly #ring: EventMap<Event>;
  readonly #signal: AbortSignal | undefined;
  readonly #consumer: RingConsumer<Event>;
  readonly #waiting = new Set<Waiting>();
  #event: Event | undefined;
  #count = 0;
  #skipped = 0;
  #errors = 0;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(ring: EventMap<Event>, options: ConsumeOptions) {
    this.#ring = ring;
    this.#signal = options.signal;
    this.#consumer = ring.consumeBatches((batch) => this.#take(batch), options);
    // Closing the ring ends its readers, and a signal its consumer: here that ends those who wait, too.
    ring.waiting.add(this);
    this.#signal?.addEventListener("abort", this.#onAbort);
    if (this.#signal?.aborted === true) this.close();
  }

  /** Number of events that have come. */
  get count(): number {
    return this.#count;
  }

  /** Number of events that were passed over, since others came with them that were later. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Number of events that would have been the latest and could not be decoded. */
  get errors(): number {
    return this.#errors;
  }

  /** The latest event; `undefined` when none has come yet. */
  get(): Event | undefined {
    this.#assertOpen();
    return this.#event;
  }

  /**
   * The next event that comes after this call; `undefined` when the signal, the time-out or closing came first.
   * @throws what decoding an event throws, unless it is that a record is too short: that is counted.
   */
  async next(options: WaitOptions = {}): Promise<Event | undefined> {
    this.#assertOpen();
    using waiting = new Waiting(options);
    this.#waiting.add(waiting);
    const found = await waiting.wait();
    this.#waiting.delete(waiting);
    if (this.#failure !== undefined) throw this.#failure.error;
    return found ? this.#event : undefined;
  }

  /** Stops reading; events that come stay in the ring. */
  close(): void {
    this.#closed = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#ring.waiting.delete(this);
    this.#consumer.close();
    for (const waiting of this.#waiting) waiting.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #onAbort = (): void => this.close();

  #take(batch: EventBatch<Event>): void {
    const last = batch.skip();
    this.#count += batch.taken;
    this.#skipped += batch.taken - 1;
    try {
      this.#event = batch.record(last).event;
    } catch (error) {
      // Thrown at the event loop it would end the process, which those who wait would not even hear of.
      if (!(error instanceof MalformedError)) return this.#fail(error);
      this.#errors += 1;
      return;
    }
    for (const waiting of this.#waiting) waiting.wakeUp();
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.close();
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#closed) throw new ClosedError(`latest event of "${this.#ring.name}"`);
  }
}

/** Follows a ring or perf buffer and keeps its latest event. Nobody else should read it meanwhile. */
export function latestEvent<Event>(
  ring: EventMap<Event>,
  options: ConsumeOptions = {},
): LatestEvent<Event> {
  assertLive(ring, "consumeBatches", "the ring", "give a loaded ring buffer or perf buffer");
  isObject(options, "what is said of reading");
  return new LatestEvent(ring, options);
}
