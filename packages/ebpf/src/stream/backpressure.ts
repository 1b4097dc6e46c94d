/**
 * Reading events with a bounded queue between their source and whoever is slower.
 *
 * Events are taken from the source as they come and wait in the queue. What happens when it is full, a policy says; how
 * well the reader keeps up, its health says; and everything that was dropped is counted.
 * @module
 */
import { isObject } from "../base/checks.ts";
import { ClosedError, MalformedError } from "../base/errors.ts";
import {
  type BackpressureOptions,
  type BackpressureStatistics,
  type OverflowPolicy,
  QueueOverflowError,
  type Settings,
  settingsOf,
} from "./backpressure-options.ts";
import { BoundedQueue } from "./bounded-queue.ts";
import { type Health, HealthMeter } from "./health.ts";
import { type IncomingEvent, type Intake, openIntake, type Receiver } from "./intake.ts";
import { type EventSource, isReadable, type Readable } from "./source.ts";
import { StreamCounters } from "./statistics.ts";
import { limitOf, type ReadOptions, Waiting } from "./waiting.ts";

/**
 * Reads `source` through a queue. Ring and perf buffers are read by callback, so that events that are dropped for lack
 * of room are not even decoded. The caller closes what it gets; the source is lent.
 * @throws {InvalidArgumentError} for a policy that is none, or numbers that cannot be meant.
 */
export function withBackpressure<Event>(
  source: EventSource<Event>,
  options: BackpressureOptions = {},
): BackpressureConsumer<Event> {
  isReadable(source);
  isObject(options, "what is said of backpressure");
  return new BackpressureConsumer(source, options);
}

/** Events that wait to be read. Reading takes them from the queue; several readers share them. */
export class BackpressureConsumer<Event>
  implements Readable<Event>, AsyncIterable<Event>, Disposable
{
  readonly #options: Settings;
  readonly #queue: BoundedQueue<Event>;
  readonly #meter: HealthMeter;
  readonly #intake: Intake;
  readonly #readers = new Set<Waiting>();
  readonly #received = new StreamCounters();
  readonly #delivered = new StreamCounters();
  readonly #dropped = { newest: 0, oldest: 0, sampled: 0 };
  #errors = 0;
  #peakDepth = 0;
  #pauses = 0;
  #paused = false;
  #sincePick = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  /** Use {@link withBackpressure}. */
  constructor(source: EventSource<Event>, options: BackpressureOptions) {
    this.#options = settingsOf(options);
    this.#queue = new BoundedQueue(this.#options.capacity);
    this.#meter = new HealthMeter(this.#options.capacity, this.#options);
    const receiver: Receiver<Event> = {
      receive: (incoming) => this.#receive(incoming),
      end: (failure) => this.#end(failure),
    };
    this.#intake = openIntake(source, receiver, options);
  }

  /** How well reading keeps up. */
  get health(): Health {
    return this.#meter.health;
  }

  /** Number of events that wait. */
  get depth(): number {
    return this.#queue.length;
  }

  /**
   * Events as they come, those that wait first. Leaving the loop, the signal, the limit and the time-out end it, and so
   * does the end of the source, once all events are read.
   * @throws {QueueOverflowError} with policy `fail`, behind the events that had room.
   * @throws what the source throws, and what decoding an event or `onHealth` throws; an event that is too short is counted.
   */
  async *read(options: ReadOptions = {}): AsyncGenerator<Event, void> {
    if (this.#closed) throw new ClosedError("backpressure consumer");
    const limit = limitOf(options);
    using waiting = new Waiting(options);
    this.#readers.add(waiting);
    try {
      for (let left = limit; left > 0 && !waiting.ended;) {
        if (this.#queue.length > 0) {
          left -= 1;
          yield this.#take();
        } else if (this.#isOver()) {
          return;
        } else {
          await waiting.wait();
        }
      }
    } finally {
      this.#readers.delete(waiting);
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    return this.read();
  }

  /** What has come, gone and been dropped. */
  statistics(): BackpressureStatistics {
    return {
      received: this.#received.events,
      delivered: this.#delivered.events,
      dropped: { ...this.#dropped },
      errors: this.#errors,
      depth: this.depth,
      capacity: this.#queue.capacity,
      peakDepth: this.#peakDepth,
      pauses: this.#pauses,
      health: this.health,
      receivedPerSecond: this.#received.takeRate(),
      deliveredPerSecond: this.#delivered.takeRate(),
    };
  }

  /** Takes no more events, and ends the readers. Events that wait are dropped; those in the source stay there. */
  close(): void {
    this.#closed = true;
    this.#intake.close();
    for (const reader of this.#readers) reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether no more events can come. Throws what the source failed on. */
  #isOver(): boolean {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#ended;
  }

  #take(): Event {
    const event = this.#queue.shift();
    this.#delivered.events += 1;
    this.#noteDepth();
    if (this.#paused && this.depth <= this.#meter.low) {
      this.#paused = false;
      this.#intake.resume();
    }
    return event;
  }

  /** What goes wrong here is the reader's to know: thrown at the event loop it would end the process. */
  #receive(incoming: IncomingEvent<Event>): void {
    if (this.#ended) return;
    try {
      this.#accept(incoming);
    } catch (error) {
      this.#end({ error });
      this.#intake.close();
    }
  }

  #accept(incoming: IncomingEvent<Event>): void {
    this.#received.events += 1;
    if (!this.#admits[this.#options.policy]()) return;
    const decoded = this.#decode(incoming);
    if (decoded === undefined) return;
    if (this.#queue.full) this.#dropOldest();
    this.#queue.push(decoded.event);
    this.#peakDepth = Math.max(this.#peakDepth, this.depth);
    this.#noteDepth();
    if (this.#queue.full && this.#options.policy === "block") this.#pause();
    for (const reader of this.#readers) reader.wakeUp();
  }

  /** Whether an event gets into the queue, by policy. */
  readonly #admits: { readonly [Policy in OverflowPolicy]: () => boolean } = {
    // The source has been paused since the queue was full.
    block: () => true,
    "drop-newest": () => this.#hasRoom(),
    "drop-oldest": () => true,
    sample: () => this.#isPicked() && this.#hasRoom(),
    fail: () => this.#hasRoom() || this.#fail(),
  };

  #hasRoom(): boolean {
    if (this.#queue.full) this.#dropped.newest += 1;
    return !this.#queue.full;
  }

  #isPicked(): boolean {
    this.#sincePick += 1;
    if (this.health === "ok" || this.#sincePick >= this.#options.sampleEvery) {
      this.#sincePick = 0;
      return true;
    }
    this.#dropped.sampled += 1;
    return false;
  }

  #fail(): false {
    this.#end({ error: new QueueOverflowError(this.#queue.capacity) });
    this.#intake.close();
    return false;
  }

  #dropOldest(): void {
    this.#queue.shift();
    this.#dropped.oldest += 1;
  }

  #decode(incoming: IncomingEvent<Event>): { readonly event: Event } | undefined {
    try {
      return { event: incoming.event };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#errors += 1;
      return undefined;
    }
  }

  #pause(): void {
    this.#paused = true;
    this.#pauses += 1;
    this.#intake.pause();
  }

  #noteDepth(): void {
    if (this.#meter.note(this.depth)) this.#options.onHealth?.(this.health);
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    this.#ended = true;
    this.#failure ??= failure;
    for (const reader of this.#readers) reader.wakeUp();
  }
}
