/**
 * From the ring buffer to lines.
 *
 * While the reader of the lines cannot keep up nothing is taken from the ring buffer; it fills up, and the kernel counts what
 * finds no room. So a slow reader costs executions, which is told at the end, but no memory.
 * @module
 */
import type { LineWriter } from "../../terminal/line-writer.ts";
import { decodeExec, type ExecRecord } from "./exec-event.ts";
import type { ExecView } from "./exec-view.ts";
import type { WallClock } from "./wall-clock.ts";

/** What a printer asks of a ring buffer. */
export interface ExecSource {
  /** Calls `onRecord` from the event loop for each record that comes, between `start` and `stop`; started already. */
  consume(onRecord: (record: ExecRecord) => void): Disposable & { start(): void; stop(): void };
  /** Moves `record` to the next one; false when there is none now. */
  advance(): boolean;
  readonly record: ExecRecord;
}

/** What a printer works with; all of it is lent. */
export interface ExecPrinterParts {
  readonly ring: ExecSource;
  readonly lines: LineWriter;
  readonly view: ExecView;
  readonly clock: WallClock;
  /** Executions to print at most. */
  readonly limit: number;
}

/** Prints executions. */
export class ExecPrinter {
  readonly #parts: ExecPrinterParts;
  #printed = 0;

  constructor(parts: ExecPrinterParts) {
    this.#parts = parts;
  }

  /** How many were printed. */
  get printed(): number {
    return this.#printed;
  }

  /** Whether no more are wanted: there were enough, or nobody reads any more. */
  get satisfied(): boolean {
    return this.#printed >= this.#parts.limit || this.#parts.lines.broken;
  }

  /** Prints what comes until the signal, or until no more are wanted. */
  async printUntil(signal: AbortSignal): Promise<void> {
    const { ring, lines } = this.#parts;
    const ended = Promise.withResolvers<void>();
    using consumer = ring.consume((record) => {
      this.#print(record);
      if (this.satisfied) ended.resolve();
      if (this.satisfied || lines.full) consumer.stop();
    });
    lines.onRoom = () => consumer.start();
    lines.onBroken = () => ended.resolve();
    signal.addEventListener("abort", () => ended.resolve());
    if (!signal.aborted) await ended.promise;
    lines.onRoom = undefined;
    lines.onBroken = undefined;
  }

  /** Prints what is in the ring buffer, after everything that writes to it was detached. */
  async printRest(): Promise<void> {
    const { ring, lines } = this.#parts;
    while (!this.satisfied && ring.advance()) {
      this.#print(ring.record);
      if (lines.full) await lines.settled();
    }
    lines.flush();
  }

  #print(record: ExecRecord): void {
    const { lines, view, clock } = this.#parts;
    lines.write(view.event(decodeExec(record, clock.wallUs)));
    this.#printed += 1;
  }
}
