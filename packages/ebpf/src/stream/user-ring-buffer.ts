/**
 * Live user ring buffers: values for kernel programs, which take them out in order when they drain the ring.
 *
 * A value is written where it stays, between `reserve` and `commit`. Nothing wakes a program: it drains when it runs.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { NoSpaceError } from "../kernel/errors.ts";
import type { UserRingAccess } from "../kernel/event-ring.ts";
import { BpfMap, type MapHold } from "../map/bpf-map.ts";
import type { UserRingbufSpec } from "../spec/map-spec.ts";
import { type WaitOptions, Waiting } from "./waiting.ts";

/** A live user ring buffer. Only one process may write to it. Minimum kernel 6.1. */
export class UserRingBuffer<Value> extends BpfMap<UserRingbufSpec<Value>> {
  readonly #ring: UserRingAccess;
  readonly #waiting = new Set<Waiting>();

  constructor(hold: MapHold<UserRingbufSpec<Value>>) {
    super(hold);
    this.#ring = hold.kernel.openUserRing(hold.handle, hold.spec.maxEntries);
  }

  /**
   * Adds a copy of `value`.
   * @throws {NoSpaceError} when the ring is full; {@link InvalidArgumentError} when the value is not of the layout.
   */
  push(value: Value): void {
    using record = this.reserve();
    record.value = value;
    record.commit();
  }

  /**
   * Adds a copy of `value` as soon as there is room, which programs make by draining: true, or false when the signal,
   * the time-out or closing the ring came first.
   */
  async pushWhenRoom(value: Value, options: WaitOptions = {}): Promise<boolean> {
    if (this.#tryPush(value)) return true;
    using waiting = new Waiting(options);
    using _ = this.#ring.watchRoom(() => waiting.wakeUp());
    this.#waiting.add(waiting);
    try {
      while (await waiting.wait()) if (this.#tryPush(value)) return true;
      return false;
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /**
   * Room for a value of `length` bytes, as many as the layout has when left out. It must be committed or discarded, and
   * programs see nothing behind it until then; with `using` it is discarded where it was not committed.
   * @throws {NoSpaceError} when the ring is full.
   * @throws {InvalidArgumentError} when it can never hold so many bytes.
   */
  reserve(length: number = this.spec.value.size): UserRecord<Value> {
    assertWhole(length, "the length of a record");
    const ring = this.#openRing();
    const place = ring.reserve(length);
    return new UserRecord(ring, { spec: this.spec, place, length, isOpen: () => !this.closed });
  }

  /** Bytes that programs have not taken yet, 8 more for each value, and what is reserved. */
  pendingBytes(): number {
    return this.#openRing().pendingBytes();
  }

  override close(): void {
    for (const waiting of this.#waiting) waiting.close();
    this.#ring.close();
    super.close();
  }

  #tryPush(value: Value): boolean {
    try {
      this.push(value);
      return true;
    } catch (error) {
      if (error instanceof NoSpaceError) return false;
      throw error;
    }
  }

  #openRing(): UserRingAccess {
    if (this.closed) throw new ClosedError(`user ring buffer "${this.name}"`);
    return this.#ring;
  }
}

/** A record that is reserved and not yet handed over. */
export class UserRecord<Value> implements Disposable {
  readonly #ring: UserRingAccess;
  readonly #spec: UserRingbufSpec<Value>;
  readonly #place: number;
  readonly #length: number;
  readonly #isOpen: () => boolean;
  #reserved = true;

  constructor(
    ring: UserRingAccess,
    record: {
      readonly spec: UserRingbufSpec<Value>;
      readonly place: number;
      readonly length: number;
      /** Whether the ring still is. */
      readonly isOpen: () => boolean;
    },
  ) {
    this.#ring = ring;
    this.#spec = record.spec;
    this.#place = record.place;
    this.#length = record.length;
    this.#isOpen = record.isOpen;
  }

  /** Its memory, which holds anything until it is written. Not to be used any more after `commit` or `discard`. */
  get view(): DataView {
    this.#assertReserved();
    const { buffer, byteOffset } = this.#ring.data;
    return new DataView(buffer, byteOffset + this.#place, this.#length);
  }

  /** Writes a whole value. */
  set value(value: Value) {
    const { value: layout } = this.#spec;
    this.#assertReserved();
    if (this.#length < layout.size) {
      throw new InvalidArgumentError(
        `${layout.name} has ${layout.size} bytes, and ${this.#length} are reserved`,
      );
    }
    layout.write(this.#ring.data, this.#place, value);
  }

  /** Hands it over to programs. */
  commit(): void {
    this.#settle("commit");
  }

  /** Takes it back: programs pass over it. */
  discard(): void {
    this.#settle("discard");
  }

  /** Discards what was not committed; where the ring is closed there is nothing to discard any more. */
  [Symbol.dispose](): void {
    if (this.#reserved && this.#isOpen()) this.discard();
  }

  #settle(outcome: "commit" | "discard"): void {
    this.#assertReserved();
    this.#reserved = false;
    this.#ring.settle(this.#place, outcome);
  }

  #assertReserved(): void {
    const { name } = this.#spec;
    if (!this.#reserved) throw new ClosedError(`record of user ring buffer "${name}"`);
    if (!this.#isOpen()) throw new ClosedError(`user ring buffer "${name}"`);
  }
}
