/**
 * Reading a ring buffer by callback, from the event loop.
 * @module
 */
import type { Kernel, Watch } from "../kernel/kernel.ts";
import type { EventBatch } from "./event-batch.ts";
import type { EventRecord } from "./event-record.ts";
import type { Waitable } from "./readiness.ts";

/** Options of {@link RingConsumer}. */
export interface ConsumeOptions {
  /** Closes the consumer. */
  readonly signal?: AbortSignal;
  /** Whether waiting for events keeps the process alive; `yes` when left out. */
  readonly keepAlive?: "yes" | "no";
}

/** What a consumer reads: `RingBuffer` is one. */
export interface RecordSource<Event> extends Waitable {
  fetch(): EventBatch<Event> | undefined;
  release(taken: number): void;
}

/** Hands over a batch, noting the progress. */
export type BatchTaker<Event> = (batch: EventBatch<Event>, progress: Progress) => void;

/** How far a taker has come with a batch, also when it throws. */
export interface Progress {
  taken: number;
  /** Turns false when the consumer is stopped from inside the callback. */
  running: boolean;
}

/** A taker that calls `onBatch` with the whole batch. */
export function takeBatches<Event>(onBatch: (batch: EventBatch<Event>) => void): BatchTaker<Event> {
  return (batch, progress) => {
    progress.taken = batch.length;
    onBatch(batch);
  };
}

/** A taker that calls `onRecord` with each record. */
export function takeRecords<Event>(
  onRecord: (record: EventRecord<Event>) => void,
): BatchTaker<Event> {
  return (batch, progress) => {
    const { length } = batch;
    while (progress.taken < length && progress.running) onRecord(batch.record(progress.taken++));
  };
}

/** Records handled in one turn of the event loop before timers and signals get theirs. */
const recordsPerTurn = 65_536;

/**
 * Hands records to a callback while it runs. An error thrown by the callback stops the consumer and surfaces as an
 * uncaught exception, as from any event handler; the records behind it stay for the next reader.
 */
export class RingConsumer<Event> implements Disposable {
  readonly #kernel: Kernel;
  readonly #source: RecordSource<Event>;
  readonly #take: BatchTaker<Event>;
  readonly #options: ConsumeOptions;
  readonly #progress: Progress = { taken: 0, running: false };
  #watch: Watch | undefined;

  constructor(
    kernel: Kernel,
    source: RecordSource<Event>,
    take: BatchTaker<Event>,
    options: ConsumeOptions,
  ) {
    this.#kernel = kernel;
    this.#source = source;
    this.#take = take;
    this.#options = options;
    options.signal?.addEventListener("abort", this.#stop);
    if (options.signal?.aborted !== true) this.start();
  }

  /** Whether records are being handed over. */
  get running(): boolean {
    return this.#progress.running;
  }

  /** Goes on after `stop`. */
  start(): void {
    if (this.running) return;
    this.#watch = this.#kernel.watch([this.#source.handle], () => this.#deliver());
    this.#source.waiting.add(this);
    this.#progress.running = true;
    if (this.#options.keepAlive === "no") this.#watch.unref();
    this.#deliverSoon();
  }

  /** Stops handing over records; they stay in the ring. */
  stop(): void {
    this.#progress.running = false;
    this.#watch?.close();
    this.#watch = undefined;
    this.#source.waiting.delete(this);
  }

  close(): void {
    this.#options.signal?.removeEventListener("abort", this.#stop);
    this.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #stop = (): void => this.stop();

  #deliver(): void {
    for (let left = recordsPerTurn; left > 0; left -= this.#progress.taken) {
      if (!this.running) return;
      const batch = this.#source.fetch();
      if (batch === undefined) return;
      this.#handOver(batch);
    }
    if (this.running) this.#deliverSoon();
  }

  #handOver(batch: EventBatch<Event>): void {
    this.#progress.taken = 0;
    try {
      this.#take(batch, this.#progress);
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      this.#source.release(this.#progress.taken);
    }
  }

  /** Records that an earlier reader fetched and left do not make the ring readable: they need a turn of their own. */
  #deliverSoon(): void {
    setImmediate(() => this.#deliver());
  }
}
