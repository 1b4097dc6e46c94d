/**
 * Reading a ring buffer by callback, from the event loop.
 * @module
 */
import type { Kernel, Watch } from "../kernel/kernel.ts";
import type { Waitable } from "./readiness.ts";

/** Options of {@link RingConsumer}. */
export interface ConsumeOptions {
  /** Closes the consumer. */
  readonly signal?: AbortSignal;
  /** Whether waiting for events keeps the process alive; `yes` when left out. */
  readonly keepAlive?: "yes" | "no";
}

/** What a consumer reads: `RingBuffer` is one. */
export interface RecordSource extends Waitable {
  readonly record: unknown;
  advance(): boolean;
}

/** Records handled in one turn of the event loop before timers and signals get theirs. */
const recordsPerTurn = 65_536;

/**
 * Hands every record to a callback while it runs. An error thrown by the callback stops the consumer and surfaces as
 * an uncaught exception, as from any event handler; the records behind it stay for the next reader.
 */
export class RingConsumer implements Disposable {
  readonly #kernel: Kernel;
  readonly #source: RecordSource;
  readonly #onRecord: (record: unknown) => void;
  readonly #options: ConsumeOptions;
  #watch: Watch | undefined;

  constructor(
    kernel: Kernel,
    source: RecordSource,
    onRecord: (record: unknown) => void,
    options: ConsumeOptions,
  ) {
    this.#kernel = kernel;
    this.#source = source;
    this.#onRecord = onRecord;
    this.#options = options;
    options.signal?.addEventListener("abort", this.#stop);
    if (options.signal?.aborted !== true) this.start();
  }

  /** Whether records are being handed over. */
  get running(): boolean {
    return this.#watch !== undefined;
  }

  /** Goes on after `stop`. */
  start(): void {
    if (this.#watch !== undefined) return;
    this.#watch = this.#kernel.watch([this.#source.handle], () => this.#deliver());
    this.#source.waiting.add(this);
    if (this.#options.keepAlive === "no") this.#watch.unref();
    this.#deliverSoon();
  }

  /** Stops handing over records; they stay in the ring. */
  stop(): void {
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
    const source = this.#source;
    for (let count = 0; count < recordsPerTurn && this.#watch !== undefined; count++) {
      if (!source.advance()) return;
      this.#handOver(source.record);
    }
    if (this.running) this.#deliverSoon();
  }

  /** Records that were fetched but not handed over no longer make the ring readable: they need a turn of their own. */
  #deliverSoon(): void {
    setImmediate(() => this.#deliver());
  }

  #handOver(record: unknown): void {
    try {
      this.#onRecord(record);
    } catch (error) {
      this.stop();
      throw error;
    }
  }
}
