/**
 * Pipelines: what is done with each event, written down as a chain.
 *
 * A pipeline describes; nothing happens until it is read. Stages between two batches are run one after the other in one
 * loop, without a promise where a stage gives none. Each stage counts what goes in, what comes out and what fails.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { MalformedError } from "../base/errors.ts";
import type { Layout } from "../layout/layout.ts";
import { encodeValue, parseValue } from "../layout/value.ts";
import { assertBatching, batches, type BatchingOptions } from "./pipeline-batch.ts";
import {
  applyAll,
  dropped,
  type ErrorPolicy,
  type SkippedEvent,
  Stage,
  type StageOptions,
  type StageStatistics,
  type Transform,
} from "./pipeline-stage.ts";
import { type EventSource, isReadable, type Readable, readSource } from "./source.ts";
import { limitOf, type ReadOptions } from "./waiting.ts";
import { webStream } from "./web-stream.ts";

/** Options of a pipeline. */
export interface PipelineOptions {
  /** What stages do about errors unless they say otherwise; `stop` when left out. */
  readonly onError?: ErrorPolicy | undefined;
  /** Called for each event that is left out because of an error. */
  readonly onSkipped?: ((skipped: SkippedEvent) => void) | undefined;
}

/** Options of {@link Pipeline.forEach}. */
export interface ForEachOptions extends ReadOptions, StageOptions {}

/** What all parts of one pipeline share. */
interface Plan extends PipelineOptions {
  /** In the order in which they were added, the source first. */
  readonly stages: Stage[];
}

/** Events on their way. Every method that adds a stage returns a new pipeline; stages are shared with the old one. */
export class Pipeline<Event> implements Readable<Event>, AsyncIterable<Event> {
  readonly #plan: Plan;
  readonly #input: Readable<unknown>;
  /** Run on what comes out of the input. */
  readonly #stages: readonly Stage[];

  /** Use {@link pipeline}. */
  constructor(plan: Plan, input: Readable<unknown>, stages: readonly Stage[]) {
    this.#plan = plan;
    this.#input = input;
    this.#stages = stages;
  }

  /** Only events for which `test` is true. */
  filter<Kept extends Event>(
    test: (event: Event) => event is Kept,
    options?: StageOptions,
  ): Pipeline<Kept>;
  filter(
    test: (event: Event) => boolean | Promise<boolean>,
    options?: StageOptions,
  ): Pipeline<Event>;
  filter(
    test: (event: Event) => boolean | Promise<boolean>,
    options?: StageOptions,
  ): Pipeline<Event> {
    const keep = (event: Event, kept: boolean): unknown => (kept ? event : dropped);
    return this.#add("filter", options, (event: Event) => {
      const answer = test(event);
      return answer instanceof Promise
        ? answer.then((kept: boolean) => keep(event, kept))
        : keep(event, answer);
    });
  }

  /** What `transform` makes of each event; where it returns a promise, what that resolves to. */
  map<Result>(
    transform: (event: Event) => Result,
    options?: StageOptions,
  ): Pipeline<Awaited<Result>> {
    return this.#add("map", options, transform);
  }

  /**
   * Values of `layout`, from their bytes. A stage fails with {@link MalformedError} on bytes that are more or fewer.
   */
  parse<Value>(
    this: Pipeline<Uint8Array>,
    layout: Layout<Value>,
    options?: StageOptions,
  ): Pipeline<Value> {
    return this.#add("parse", options, (bytes: Uint8Array) => parseValue(layout, bytes));
  }

  /** The bytes of each event, which is a value of `layout`. */
  encode(layout: Layout<Event>, options?: StageOptions): Pipeline<Uint8Array> {
    return this.#add("encode", options, (event: Event) => encodeValue(layout, event));
  }

  /**
   * Events in batches of `size`, the last one maybe smaller.
   * @throws {InvalidArgumentError} when `size` is not a whole number above 0.
   */
  batch(size: number, options: BatchingOptions = {}): Pipeline<readonly Event[]> {
    assertBatching({ ...options, size });
    const read = (reading: ReadOptions = {}) => batches(this, { ...options, size }, reading);
    return new Pipeline(this.#plan, { read }, []);
  }

  /** The first `count` events. @throws {InvalidArgumentError} when it is not a whole number from 0 up. */
  take(count: number): Pipeline<Event> {
    limitOf({ limit: count });
    const read = (reading: ReadOptions = {}) => this.read({ ...reading, limit: count });
    return new Pipeline(this.#plan, { read }, []);
  }

  /**
   * Calls `handle` with each event, waiting for it where it returns a promise, until the source or the options end it.
   * Returns how many events it was called with and did not fail on.
   */
  async forEach(handle: (event: Event) => unknown, options: ForEachOptions = {}): Promise<number> {
    let handled = 0;
    for await (const _ of this.#add("forEach", options, handle).read(options)) handled += 1;
    return handled;
  }

  /** What comes out, until the source or the options end it. The limit counts what comes out. */
  async *read({ limit, ...options }: ReadOptions = {}): AsyncGenerator<Event, void> {
    let left = limitOf({ limit });
    if (left <= 0) return;
    for await (const event of this.#input.read(options)) {
      let result = applyAll(this.#stages, event);
      if (result instanceof Promise) result = await result;
      if (result === dropped) continue;
      yield result as Event;
      left -= 1;
      if (left <= 0) return;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    return this.read();
  }

  /** A web stream of what comes out. */
  stream(options: ReadOptions = {}): ReadableStream<Event> {
    return webStream(this, options);
  }

  /** Counts of all stages in the order in which they were added, the first one being the source. */
  statistics(): readonly StageStatistics[] {
    return this.#plan.stages.map(({ statistics }) => statistics);
  }

  #add<Result>(
    what: string,
    { name = what, onError }: StageOptions = {},
    transform: Transform,
  ): Pipeline<Result> {
    const stage = addStage(this.#plan, { name, onError }, transform);
    return new Pipeline(this.#plan, this.#input, [...this.#stages, stage]);
  }
}

/**
 * A pipeline of the events of `source`: a ring buffer, a channel, another pipeline, or anything that can be iterated
 * over. The source is lent.
 */
export function pipeline<Event>(
  source: EventSource<Event>,
  options: PipelineOptions = {},
): Pipeline<Event> {
  const plan: Plan = { ...options, stages: [] };
  const stage = addStage(plan, { name: "source" }, (event) => event);
  const read = (reading: ReadOptions = {}) =>
    options.onError === "skip" && isReadable(source)
      ? readOn(source, stage, reading)
      : readSource(source, reading);
  return new Pipeline(plan, { read }, [stage]);
}

function addStage(plan: Plan, { name = "", onError }: StageOptions, transform: Transform): Stage {
  const policy = onError ?? plan.onError ?? "stop";
  assertWord(policy, ["stop", "skip"], "what a stage does about errors");
  const stage = new Stage({ name, onError: policy, onSkipped: plan.onSkipped }, transform);
  plan.stages.push(stage);
  return stage;
}

/**
 * The events of a source, also of those behind records that cannot be decoded: these end the reading, which can be taken
 * up again.
 */
async function* readOn<Event>(
  source: Readable<Event>,
  stage: Stage,
  { timeoutMs, ...options }: ReadOptions,
): AsyncGenerator<Event, void> {
  const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
  for (;;) {
    const left = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
    try {
      yield* source.read({ ...options, timeoutMs: left });
      return;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      stage.unreadable(error);
    }
  }
}
