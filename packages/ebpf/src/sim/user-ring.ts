/**
 * The writing end of a user ring buffer.
 * @module
 */
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { errno } from "../kernel/errno.ts";
import { NoSpaceError } from "../kernel/errors.ts";
import type { UserRingAccess } from "../kernel/event-ring.ts";
import type { Watch } from "../kernel/kernel.ts";
import { failed } from "./errno.ts";
import type { SimulatedMap } from "./map/simulated-map.ts";
import type { UserRingStore } from "./map/user-ring-store.ts";

/** Writes records for programs. */
export class SimulatedUserRing implements UserRingAccess {
  readonly sizeBytes: number;
  readonly #map: SimulatedMap;
  readonly #ring: UserRingStore;
  #closed = false;

  constructor(map: SimulatedMap, ring: UserRingStore) {
    this.#map = map.hold();
    this.#ring = ring;
    this.sizeBytes = ring.sizeBytes;
  }

  get data(): DataView {
    return this.#open().data;
  }

  reserve(length: number): number {
    const place = this.#open().reserve(length);
    if (place >= 0) return place;
    const { label } = this.#map;
    if (place === failed.tooBig) {
      throw new InvalidArgumentError(`${length} bytes are more than ${label} can ever hold`, {
        hint: "a record takes 8 bytes more; make the ring larger",
      });
    }
    throw new NoSpaceError({
      operation: `reserve ${length} bytes in ${label}`,
      reason: "it is full until a program drains it",
      errno: errno.ENOSPC,
      errnoName: "ENOSPC",
      hint: "wait for room (pushWhenRoom), make the ring larger, or drain it more often",
    });
  }

  settle(place: number, outcome: "commit" | "discard"): void {
    if (this.#open().settle(place, outcome) === 0) return;
    throw new InvalidArgumentError(`nothing is reserved at ${place} of ${this.#map.label}`);
  }

  pendingBytes(): number {
    return this.#open().pending;
  }

  watchRoom(onRoom: () => void): Watch {
    const ring = this.#open();
    let ended = false;
    const tell = (): void => {
      queueMicrotask(() => {
        if (!ended) onRoom();
      });
    };
    const watching = ring.whenRoom(tell);
    if (ring.pending < ring.sizeBytes) tell();
    const close = (): void => {
      ended = true;
      watching[Symbol.dispose]();
    };
    return { ref: () => undefined, unref: () => undefined, close, [Symbol.dispose]: close };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#map.drop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): UserRingStore {
    if (this.#closed) throw new ClosedError(this.#map.label);
    return this.#ring;
  }
}
