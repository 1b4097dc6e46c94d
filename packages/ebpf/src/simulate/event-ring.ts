/**
 * A ring buffer of a simulation: events as objects in the memory of a ring of the simulated kernel.
 *
 * What a reserved event holds before it is written is no use to anybody: it is filled with 0xa5, so that a forgotten field
 * shows.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { objectIn } from "../layout/memory-object.ts";
import type { RingQuery } from "../spec/kernel-side.ts";
import type { MapSpec, RingbufSpec } from "../spec/map-spec.ts";
import { RingStore } from "../sim/map/ring-store.ts";
import { createPlayedStore, type MapPlace } from "./played-map.ts";
import { NotSimulatedError } from "./not-simulated-error.ts";

const unwritten = 0xa5;

/** An event and what became of it. */
interface Reservation {
  readonly address: bigint;
  state: "reserved" | "submitted" | "discarded";
}

/** One ring buffer. */
export class EventRing {
  readonly spec: RingbufSpec<unknown>;
  readonly #store: RingStore;
  readonly #reservations = new WeakMap<object, Reservation>();
  #reserved = 0;

  constructor(spec: MapSpec, place: MapPlace) {
    const store = createPlayedStore(spec, place);
    if (!(store instanceof RingStore)) {
      throw new NotSimulatedError(`this operation on map "${spec.name}"`, {
        hint: "it is for ring buffers",
      });
    }
    this.spec = spec as RingbufSpec<unknown>;
    this.#store = store;
  }

  /** Room for one event as an object in memory; `undefined` when there is none. */
  reserve(): object | undefined {
    const { size } = this.spec.value;
    const address = this.#store.reserve(size);
    if (address === 0n) return undefined;
    const { data, address: start } = this.#store;
    const offset = Number(address - start);
    new Uint8Array(data.buffer, offset, size).fill(unwritten);
    const reservation: Reservation = { address, state: "reserved" };
    const discard = () => {
      if (reservation.state === "reserved") this.#end(reservation, "discarded");
    };
    const target = Object.defineProperty({}, Symbol.dispose, { value: discard });
    const event = objectIn(this.spec.value, data, offset, target);
    this.#reservations.set(event, reservation);
    this.#reserved += 1;
    return event;
  }

  /**
   * Ends a reservation.
   * @throws {InvalidArgumentError} when the event is none of this ring, or was submitted or discarded before.
   */
  settle(event: unknown, state: "submitted" | "discarded"): void {
    const reservation = this.#reservationOf(event);
    if (reservation?.state === "reserved") {
      this.#end(reservation, state);
      return;
    }
    throw new InvalidArgumentError(
      reservation === undefined
        ? `this is no event of ring buffer "${this.spec.name}"`
        : `the event of ring buffer "${this.spec.name}" was ${reservation.state} already`,
      { hint: "submit or discard each event that reserve() returned, once" },
    );
  }

  /** Whether the event is one of this ring. */
  owns(event: unknown): boolean {
    return this.#reservationOf(event) !== undefined;
  }

  /** Writes a whole record: 0, or -EAGAIN when there is no room. */
  output(bytes: Uint8Array): number {
    return this.#store.output(bytes);
  }

  /** What is asked for, in bytes. */
  query(what: RingQuery): bigint {
    return BigInt(this.#store.query(what));
  }

  /** Whether a reserved event was neither submitted nor discarded. */
  get hasReserved(): boolean {
    return this.#reserved > 0;
  }

  /** What user space can read, up to the first event that is still reserved. It stays. */
  submitted(): readonly Uint8Array<ArrayBuffer>[] {
    return this.#read().events;
  }

  /** The same, and makes room of what was read. */
  consume(): readonly Uint8Array<ArrayBuffer>[] {
    const { events, end } = this.#read();
    this.#store.consumed = end;
    return events;
  }

  #read(): { readonly events: readonly Uint8Array<ArrayBuffer>[]; readonly end: number } {
    const events: Uint8Array<ArrayBuffer>[] = [];
    const memory = this.#store.data.buffer as ArrayBuffer;
    let end = this.#store.consumed;
    for (let place = this.#store.at(end); place !== undefined; place = this.#store.at(end)) {
      end += place.total;
      if (!place.discarded) events.push(new Uint8Array(memory, place.start, place.length).slice());
    }
    return { events, end };
  }

  #reservationOf(event: unknown): Reservation | undefined {
    return typeof event === "object" && event !== null ? this.#reservations.get(event) : undefined;
  }

  #end(reservation: Reservation, state: "submitted" | "discarded"): void {
    reservation.state = state;
    this.#reserved -= 1;
    this.#store.settle(reservation.address, state === "submitted" ? "submit" : "discard");
  }
}
