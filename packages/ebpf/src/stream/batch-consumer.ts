/**
 * Reading batches by callback, from the event loop: records of a ring buffer, packets of a socket.
 *
 * It says when to fetch and when to give back; what a batch is, and what is done with it, it does not know.
 * @module
 */
import { ClosedError } from "../base/errors.ts";
import type { Kernel, Watch } from "../kernel/kernel.ts";
import { monotonicMs } from "./clock.ts";
import { handlesOf, type Waitable } from "./readiness.ts";

/** Options of {@link BatchConsumer}. */
export interface ConsumeOptions {
  /** Closes the consumer. */
  readonly signal?: AbortSignal;
  /** Whether waiting for events keeps the process alive; `yes` when left out. */
  readonly keepAlive?: "yes" | "no";
}

/** Several records, of which a reader takes the first ones or all. */
export interface Batch {
  readonly length: number;
}

/** What a consumer reads: `RingBuffer` is one. */
export interface BatchSource<B extends Batch> extends Waitable {
  /** What is there, at least one record; `undefined` when there is nothing. It is valid until `release`. */
  fetch(): B | undefined;
  /** Takes the first `taken` records of the last batch. */
  release(taken: number): void;
}

/** Hands over a batch, noting the progress. */
export type Taker<B extends Batch> = (batch: B, progress: Progress) => void;

/** How far a taker has come with a batch, also when it throws. */
export interface Progress {
  taken: number;
  /** Turns false when the consumer is stopped from inside the callback. */
  running: boolean;
}

/** A taker that calls `onBatch` with the whole batch. */
export function takeBatches<B extends Batch>(onBatch: (batch: B) => void): Taker<B> {
  return (batch, progress) => {
    progress.taken = batch.length;
    onBatch(batch);
  };
}

/**
 * Time for one turn of the event loop before timers and signals get theirs, in milliseconds. What is at hand is better
 * handled in one go: in another turn the code of the event loop comes between the batches and drives them out of the caches.
 */
const turnMs = 4;

/**
 * Hands records to a callback while it runs. An error thrown by the callback stops the consumer and surfaces as an
 * uncaught exception, as from any event handler; the records behind it stay for the next reader.
 */
export class BatchConsumer<B extends Batch> implements Disposable {
  readonly #kernel: Kernel;
  readonly #source: BatchSource<B>;
  readonly #take: Taker<B>;
  readonly #options: ConsumeOptions;
  readonly #progress: Progress = { taken: 0, running: false };
  #watch: Watch | undefined;
  #closed = false;

  /** @throws {ClosedError} when the source is closed; {@link InvalidArgumentError} when nobody can wait for it. */
  constructor(kernel: Kernel, source: BatchSource<B>, take: Taker<B>, options: ConsumeOptions) {
    this.#kernel = kernel;
    this.#source = source;
    this.#take = take;
    this.#options = options;
    if (options.signal?.aborted === true) this.#closed = true;
    else this.start();
    options.signal?.addEventListener("abort", this.#close);
  }

  /** Whether records are being handed over. */
  get running(): boolean {
    return this.#progress.running;
  }

  /** Goes on after `stop`. @throws {ClosedError} after `close`, the signal, or when the source is closed. */
  start(): void {
    if (this.#closed) throw new ClosedError("the consumer");
    if (this.running) return;
    this.#watch = this.#kernel.watch(handlesOf(this.#source), () => this.#deliver());
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

  /** Stops for good. */
  close(): void {
    this.#closed = true;
    this.#options.signal?.removeEventListener("abort", this.#close);
    this.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #close = (): void => this.close();

  #deliver(): void {
    const end = monotonicMs() + turnMs;
    while (this.running) {
      const batch = this.#source.fetch();
      if (batch === undefined) return;
      this.#handOver(batch);
      if (monotonicMs() > end) return this.#deliverSoon();
    }
  }

  #handOver(batch: B): void {
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
