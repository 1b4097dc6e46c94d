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

/** What a consumer reads: `RingBuffer` is one. */
export interface BatchSource<Batch> extends Waitable {
  /** What is there, at least one record; `undefined` when there is nothing. It is valid until `release`. */
  fetch(): Batch | undefined;
  /** Ends the use of the last batch: what was taken of it does not come again. */
  release(): void;
}

/** Hands over a batch. */
export type Taker<Batch> = (batch: Batch, progress: Progress) => void;

/** Whether a taker is to go on. */
export interface Progress {
  /** Turns false when the consumer is stopped from inside the callback. */
  readonly running: boolean;
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
export class BatchConsumer<Batch> implements Disposable {
  readonly #kernel: Kernel;
  readonly #source: BatchSource<Batch>;
  readonly #take: Taker<Batch>;
  readonly #options: ConsumeOptions;
  readonly #progress: { running: boolean } = { running: false };
  #watch: Watch | undefined;
  #closed = false;

  /** @throws {ClosedError} when the source is closed; {@link InvalidArgumentError} when nobody can wait for it. */
  constructor(
    kernel: Kernel,
    source: BatchSource<Batch>,
    take: Taker<Batch>,
    options: ConsumeOptions,
  ) {
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
    // The clock is only read behind the first batch: its records wait for nothing else.
    let end = Infinity;
    while (this.running) {
      const batch = this.#source.fetch();
      if (batch === undefined) return;
      this.#handOver(batch);
      const now = monotonicMs();
      if (now > end) return this.#deliverSoon();
      end = Math.min(end, now + turnMs);
    }
  }

  #handOver(batch: Batch): void {
    try {
      this.#take(batch, this.#progress);
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      this.#source.release();
    }
  }

  /** Records that an earlier reader fetched and left do not make the ring readable: they need a turn of their own. */
  #deliverSoon(): void {
    setImmediate(() => this.#deliver());
  }
}
