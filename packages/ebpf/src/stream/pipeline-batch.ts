/**
 * Events gathered into batches.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { PendingNext } from "./pending-next.ts";
import type { Readable } from "./source.ts";
import { type ReadOptions, timeoutOf, Waiting } from "./waiting.ts";

/** Options of gathering. */
export interface BatchingOptions {
  /** Milliseconds after its first event that a batch is handed on though it is not full; never when left out. */
  readonly maxWaitMs?: number | undefined;
}

/** @throws {InvalidArgumentError} when `size` is not a whole number above 0, or the time is none. */
export function assertBatching({
  size,
  maxWaitMs,
}: BatchingOptions & { readonly size: number }): void {
  assertWhole(size, "the size of batches of events", { least: 1 });
  timeoutOf({ timeoutMs: maxWaitMs });
}

/** Batches of `size` events of `source`, the last one maybe smaller. */
export function batches<Event>(
  source: Readable<Event>,
  { size, maxWaitMs }: BatchingOptions & { readonly size: number },
  options: ReadOptions,
): AsyncGenerator<readonly Event[], void> {
  return maxWaitMs === undefined
    ? fullBatches(source, size, options)
    : timelyBatches(source, new GrowingBatch(size, maxWaitMs), options);
}

async function* fullBatches<Event>(
  source: Readable<Event>,
  size: number,
  options: ReadOptions,
): AsyncGenerator<readonly Event[], void> {
  let batch: Event[] = [];
  for await (const event of source.read(options)) {
    batch.push(event);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* timelyBatches<Event>(
  source: Readable<Event>,
  batch: GrowingBatch<Event>,
  options: ReadOptions,
): AsyncGenerator<readonly Event[], void> {
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, ...(options.signal ? [options.signal] : [])]);
  const events = new PendingNext(source.read({ ...options, signal })[Symbol.asyncIterator]());
  try {
    for (;;) {
      const result = await events.wait(batch.waiting);
      if (result?.done === true) break;
      if (result === undefined || batch.add(result.value)) yield batch.take();
    }
    if (batch.length > 0) yield batch.take();
  } finally {
    // A reading that waits for an event is ended, so that the event stays for the next one.
    left.abort();
    batch.waiting.close();
    await events.return();
  }
}

/** The batch that is being gathered. */
class GrowingBatch<Event> {
  readonly #size: number;
  readonly #maxWaitMs: number;
  #events: Event[] = [];
  /** Ends when the batch has to be handed on. */
  waiting: Waiting = new Waiting();

  constructor(size: number, maxWaitMs: number) {
    this.#size = size;
    this.#maxWaitMs = maxWaitMs;
  }

  get length(): number {
    return this.#events.length;
  }

  /** Adds an event; true when the batch is full. */
  add(event: Event): boolean {
    this.#events.push(event);
    if (this.length === 1) this.waiting = new Waiting({ timeoutMs: this.#maxWaitMs });
    // Events that are there already do not wait for the timer to be served.
    return this.length === this.#size || this.waiting.ended;
  }

  /** The events; from now on others are gathered. */
  take(): readonly Event[] {
    const events = this.#events;
    this.#events = [];
    this.waiting.close();
    this.waiting = new Waiting();
    return events;
  }
}
