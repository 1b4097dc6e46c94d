/**
 * From ring buffers to lines.
 *
 * While the reader of the lines cannot keep up nothing is taken from the rings; they fill up, and the programs find no room.
 * So a slow reader costs events, which rings can count, but no memory.
 * @module
 */
import type { LineWriter } from "../terminal/line-writer.ts";
import type { RunView } from "./run-view.ts";

/** What a printer asks of a ring buffer. */
export interface EventSource {
  /** Calls `onRecord` from the event loop for each record that comes, between `start` and `stop`; started already. */
  consume(onRecord: (record: EventRecord) => void): Disposable & { start(): void; stop(): void };
  /** Moves `record` to the next one; false when there is none now. */
  advance(): boolean;
  readonly record: EventRecord;
}

interface EventRecord {
  /** @throws when the record is shorter than its layout. */
  readonly event: unknown;
}

/** What a printer works with; all of it is lent. */
export interface EventPrinterParts {
  readonly rings: ReadonlyMap<string, EventSource>;
  readonly lines: LineWriter;
  readonly view: RunView;
  /** Events to print at most. */
  readonly limit: number;
}

/** Prints events. */
export class EventPrinter {
  readonly #parts: EventPrinterParts;
  readonly #printed: Map<string, number>;
  #total = 0;

  constructor(parts: EventPrinterParts) {
    this.#parts = parts;
    this.#printed = new Map([...parts.rings.keys()].map((ring) => [ring, 0]));
  }

  /** How many were printed, by ring. */
  get printed(): ReadonlyMap<string, number> {
    return this.#printed;
  }

  /** Whether no more are wanted: there were enough, or nobody reads any more. */
  get satisfied(): boolean {
    return this.#total >= this.#parts.limit || this.#parts.lines.broken;
  }

  /**
   * Prints what comes until the signal, or until no more are wanted.
   * @throws {MalformedError} when an event is shorter than its layout.
   */
  async printUntil(signal: AbortSignal): Promise<void> {
    const { rings, lines } = this.#parts;
    const ended = Promise.withResolvers<void>();
    using stack = new DisposableStack();
    const consumers = [...rings].map(([name, ring]) =>
      stack.use(
        ring.consume((record) => {
          try {
            this.#print(name, record);
          } catch (error) {
            ended.reject(error);
          }
          if (this.satisfied) ended.resolve();
          if (this.satisfied || lines.full) for (const consumer of consumers) consumer.stop();
        }),
      ),
    );
    lines.onRoom = () => consumers.forEach((consumer) => consumer.start());
    lines.onBroken = () => ended.resolve();
    signal.addEventListener("abort", () => ended.resolve());
    // Without a ring there is nothing else that Node would wait for.
    const alive = setInterval(() => undefined, longestMs);
    stack.defer(() => clearInterval(alive));
    stack.defer(() => {
      lines.onRoom = undefined;
      lines.onBroken = undefined;
    });
    if (!signal.aborted && !lines.broken) await ended.promise;
  }

  /** Prints what is in the rings, after everything that writes to them was detached. */
  async printRest(): Promise<void> {
    const { rings, lines } = this.#parts;
    for (const [name, ring] of rings) {
      while (!this.satisfied && ring.advance()) {
        this.#print(name, ring.record);
        if (lines.full) await lines.settled();
      }
    }
    lines.flush();
  }

  #print(ring: string, record: EventRecord): void {
    if (this.satisfied) return;
    const { lines, view } = this.#parts;
    lines.write(view.event(ring, record.event));
    this.#printed.set(ring, this.#printed.get(ring)! + 1);
    this.#total += 1;
  }
}

/** Longest that a timer of Node can wait. */
const longestMs = 2 ** 31 - 1;
