/**
 * Events that are taken from their source as they come, and handed to somebody who can say: not now.
 * @module
 */
import { EventMap } from "./event-map.ts";
import type { ConsumeOptions, RingConsumer } from "./ring-consumer.ts";
import { type EventSource, readSource } from "./source.ts";

/** An event that may not have been decoded yet. */
export interface IncomingEvent<Event> {
  /** @throws {MalformedError} when it cannot be decoded. */
  readonly event: Event;
}

/** Who takes events. */
export interface Receiver<Event> {
  /** Called for each event. Inside of it the intake may be paused and closed. */
  receive(incoming: IncomingEvent<Event>): void;
  /** Called once when no more can come, with what the source failed on, if it did. */
  end(failure: { readonly error: unknown } | undefined): void;
}

/** The taking. */
export interface Intake extends Disposable {
  /** Takes no more events: those to come stay in their source. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Takes the events of `source`: those of ring and perf buffers by callback, others by iterating. */
export function openIntake<Event>(
  source: EventSource<Event>,
  receiver: Receiver<Event>,
  options: ConsumeOptions,
): Intake {
  return source instanceof EventMap
    ? new RecordIntake<Event>(source, receiver, options)
    : new IteratingIntake(source, receiver, options);
}

class RecordIntake<Event> implements Intake {
  readonly #source: EventMap<Event>;
  readonly #receiver: Receiver<Event>;
  readonly #consumer: RingConsumer<Event>;
  readonly #signal: AbortSignal | undefined;
  #ended = false;

  constructor(source: EventMap<Event>, receiver: Receiver<Event>, options: ConsumeOptions) {
    this.#source = source;
    this.#receiver = receiver;
    this.#signal = options.signal;
    this.#consumer = source.consume((record) => receiver.receive(record), options);
    // Closing the source disposes of its readers, this being one.
    source.waiting.add(this);
    this.#signal?.addEventListener("abort", this.#end);
    if (this.#signal?.aborted === true) this.#end();
  }

  pause(): void {
    this.#consumer.stop();
  }

  resume(): void {
    if (!this.#ended && !this.#source.closed) this.#consumer.start();
  }

  close(): void {
    this.#end();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.#end);
    this.#source.waiting.delete(this);
    this.#consumer.close();
    this.#receiver.end(undefined);
  };
}

class IteratingIntake<Event> implements Intake {
  readonly #stop = new AbortController();
  readonly #receiver: Receiver<Event>;
  #gate: PromiseWithResolvers<void> | undefined;

  constructor(source: EventSource<Event>, receiver: Receiver<Event>, { signal }: ConsumeOptions) {
    this.#receiver = receiver;
    const signals = [this.#stop.signal, ...(signal === undefined ? [] : [signal])];
    void this.#run(readSource(source, { signal: AbortSignal.any(signals) }));
  }

  pause(): void {
    this.#gate ??= Promise.withResolvers();
  }

  resume(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  close(): void {
    this.#stop.abort();
    this.resume();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #run(events: AsyncIterable<Event>): Promise<void> {
    try {
      for await (const event of events) {
        this.#receiver.receive({ event });
        await this.#gate?.promise;
      }
      this.#receiver.end(undefined);
    } catch (error) {
      this.#receiver.end({ error });
    }
  }
}
