/**
 * Where events come from: streams of the kernel, and everything that can be iterated over.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { PendingNext } from "./pending-next.ts";
import { limitOf, Waiting, type ReadOptions } from "./waiting.ts";

/** Something that is read until a signal, a limit or a time-out: ring buffers, channels, pipelines. */
export interface Readable<Event> {
  read(options?: ReadOptions): AsyncIterable<Event>;
}

/** A source of events. */
export type EventSource<Event> = Readable<Event> | AsyncIterable<Event> | Iterable<Event>;

/**
 * Whether a source takes the options of reading itself, and can be read again after an error.
 * @throws {InvalidArgumentError} when it is no source at all.
 */
export function isReadable<Event>(source: EventSource<Event>): source is Readable<Event> {
  const given = source as Partial<Readable<Event> & AsyncIterable<Event> & Iterable<Event>> | null;
  if (typeof given?.read === "function") return true;
  if (given?.[Symbol.asyncIterator] !== undefined || given?.[Symbol.iterator] !== undefined)
    return false;
  throw new InvalidArgumentError("there is nothing that events could be read from", {
    hint: "give a ring buffer, a channel, a pipeline, or something to iterate over",
  });
}

/**
 * The events of a source until the options end it. Iterables that know no options are left at once; what they yield
 * afterwards is lost.
 */
export function readSource<Event>(
  source: EventSource<Event>,
  options: ReadOptions,
): AsyncIterable<Event> {
  return isReadable(source) ? source.read(options) : readIterable(source, options);
}

async function* readIterable<Event>(
  source: AsyncIterable<Event> | Iterable<Event>,
  options: ReadOptions,
): AsyncGenerator<Event, void> {
  const limit = limitOf(options);
  using waiting = new Waiting(options);
  const items = new PendingNext(iteratorOf(source));
  try {
    for (let left = limit; left > 0 && !waiting.ended; left--) {
      const result = await items.wait(waiting);
      if (result === undefined || result.done === true) return;
      yield result.value;
    }
  } finally {
    await items.return();
  }
}

function iteratorOf<Event>(source: AsyncIterable<Event> | Iterable<Event>): AsyncIterator<Event> {
  // A text has no members of its own to look for with `in`, and can be iterated over.
  const given = source as Partial<AsyncIterable<Event>> & Iterable<Event>;
  if (given[Symbol.asyncIterator] !== undefined) return given[Symbol.asyncIterator]!();
  const iterator = given[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  };
}
