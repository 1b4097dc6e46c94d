/**
 * References: one value of the kernel's, held like a variable.
 *
 * A reference reads, writes and replaces its value, and waits for it to come and to change. It does not lock anything:
 * `atomicity` says how far a change that depends on the old value is one step, and towards whom.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { BpfError, ClosedError } from "../base/errors.ts";
import { type Change, ChangeDetector, type ChangeOptions } from "./change.ts";
import type { Atomicity, Cell } from "./cell.ts";
import { Polling, type PollOptions } from "./polling.ts";
import { limitOf } from "../stream/waiting.ts";
import { validate, type Validator } from "./validator.ts";

/** Options of all references. */
export interface ReferenceOptions<Value> {
  /** What values have to meet to be stored by this reference; others that write are not held to it. */
  readonly validators?: readonly Validator<Value>[] | undefined;
  /** Milliseconds from one look to the next while waiting; 10 when left out. */
  readonly intervalMs?: number | undefined;
}

/** Options of waiting for changes. */
export interface WatchOptions<Value> extends PollOptions, ChangeOptions<Value> {
  /** Ends the watching after this many changes. */
  readonly limit?: number | undefined;
}

/** Somebody else changed the value each time between reading and replacing it. */
export class ContendedError extends BpfError {
  override readonly name = "ContendedError";
  readonly code = "CONTENDED";

  constructor(what: string) {
    super(`${what} changed ${mostAttempts} times while it was being updated`, {
      hint: "let the function that is given to update be faster, or let only one side write the value",
    });
  }
}

/** Attempts of an update before it gives up. */
const mostAttempts = 10_000;

/** A value of the kernel's. Closing the reference ends its waiting; what it refers to stays as it is. */
export class Reference<Value> implements Disposable {
  readonly #cell: Cell<Value>;
  readonly #validators: readonly Validator<Value>[];
  readonly #intervalMs: number | undefined;
  readonly #waiting = new Set<Polling>();
  #closed = false;

  /** Use `entry` or `variableEntry`. */
  constructor(cell: Cell<Value>, { validators = [], intervalMs }: ReferenceOptions<Value>) {
    this.#cell = cell;
    this.#validators = validators;
    this.#intervalMs = intervalMs;
  }

  /** How far `compareAndSet` and `update` are one step. */
  get atomicity(): Atomicity {
    return this.#cell.atomicity;
  }

  /** Whether the reference, or what it refers to, is closed. */
  get closed(): boolean {
    return this.#closed || this.#cell.closed;
  }

  /** The value as it is now, or `undefined` when there is none. */
  get(): Value | undefined {
    return this.#open().get();
  }

  /**
   * Stores `value`, whatever was there.
   * @throws {RefusedValueError} when a validator refuses it.
   * @throws {NoSpaceError} when the map is full.
   */
  set(value: Value): void {
    const cell = this.#open();
    this.#validate(value);
    cell.set(value);
  }

  /**
   * Stores what `change` makes of the value, and returns it. When somebody else was seen to change the value meanwhile,
   * `change` is called again with theirs, so it should do nothing but compute. What others write is never lost with
   * atomicity `machine`; with `thread` it is when it comes between two system calls.
   * @throws {RefusedValueError} when a validator refuses what `change` returns; the value stays as it is.
   * @throws {ContendedError} when others change the value all the time.
   */
  update(change: (value: Value | undefined) => Value): Value {
    const cell = this.#open();
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const current = cell.get();
      const next = change(current);
      if (this.compareAndSet(current, next)) return next;
    }
    throw new ContendedError(cell.what);
  }

  /**
   * Stores `next` if the value is `expected`, and says whether it was. Values are equal that lie in memory alike.
   * `undefined` expects that there is no value, and is one step towards everybody; for others see {@link atomicity}.
   * @throws {RefusedValueError} when a validator refuses `next`.
   */
  compareAndSet(expected: Value | undefined, next: Value): boolean {
    const cell = this.#open();
    this.#validate(next);
    return expected === undefined ? cell.create(next) : cell.replace(expected, next);
  }

  /**
   * Takes the value away; false when there was none.
   * @throws {InvalidArgumentError} for elements of arrays and variables, which always have a value.
   */
  delete(): boolean {
    return this.#open().delete();
  }

  /** The value as soon as there is one; `undefined` when the signal, the time-out or closing came first. */
  async appears(options: PollOptions = {}): Promise<Value | undefined> {
    const change = await first(this.changes({ ...options, from: "nothing", limit: 1 }));
    return change?.value;
  }

  /**
   * The next change from how the value is when this is called; `undefined` when the signal, the time-out or closing
   * came first.
   */
  async changed(
    options: Omit<WatchOptions<Value>, "limit"> = {},
  ): Promise<Change<Value> | undefined> {
    return first(this.changes({ ...options, limit: 1 }));
  }

  /**
   * Changes from how the value is when this is called, as they are seen: it is looked at every few milliseconds, and
   * what comes and goes between two looks is not told. Leaving the loop, the signal, the limit, the time-out and
   * closing end it.
   */
  changes(options: WatchOptions<Value> = {}): AsyncGenerator<Change<Value>, void> {
    const cell = this.#open();
    const { from = "now" } = options;
    assertWord(from, ["now", "nothing"], "what changes are told from");
    const detector = new ChangeDetector(cell.layout, options);
    if (options.from !== "nothing") detector.next(cell.get());
    return this.#watch(detector, {
      ...options,
      intervalMs: options.intervalMs ?? this.#intervalMs,
    });
  }

  /** Ends what waits; afterwards every method throws `ClosedError`. */
  close(): void {
    this.#closed = true;
    for (const polling of this.#waiting) polling.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *#watch(
    detector: ChangeDetector<Value>,
    options: WatchOptions<Value>,
  ): AsyncGenerator<Change<Value>, void> {
    const limit = limitOf(options);
    using polling = new Polling(options);
    using _ = this.#ending(polling);
    for (let told = 0; told < limit && !polling.ended && !this.closed;) {
      const change = detector.next(this.#cell.get());
      if (change === undefined) {
        await polling.wait();
      } else {
        told += 1;
        yield change;
      }
    }
  }

  /** Lets `close` end the polling for as long as this is not disposed of. */
  #ending(polling: Polling): Disposable {
    this.#waiting.add(polling);
    return { [Symbol.dispose]: () => void this.#waiting.delete(polling) };
  }

  #validate(value: Value): void {
    validate(this.#validators, value, this.#cell.what);
  }

  #open(): Cell<Value> {
    if (this.#closed) throw new ClosedError(`reference to ${this.#cell.what}`);
    return this.#cell;
  }
}

/** The first item; `undefined` when there is none. */
async function first<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item;
  return undefined;
}
