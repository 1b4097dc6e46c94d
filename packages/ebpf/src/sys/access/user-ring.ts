/**
 * The writing end of a user ring buffer: reserving and committing are native, writing is done through a mapping of the
 * data.
 * @module
 */
import type { Bridge, UserRing } from "@ts-ebpf/native";
import { ClosedError, InvalidArgumentError } from "../../base/errors.ts";
import type { UserRingAccess } from "../../kernel/event-ring.ts";
import type { Watch } from "../../kernel/kernel.ts";
import { errno } from "../call/errno.ts";
import { raise } from "../call/failure.ts";
import type { Fd } from "../fd.ts";
import { RoomWatch } from "./room-watch.ts";

// include/uapi/asm-generic/mman-common.h; the same on all architectures.
const readWrite = 3;
const mapShared = 1;
const headerBytes = 8;
const notThis = { kind: "other", reason: "it is not a user ring buffer of this size" } as const;

/** A user ring buffer mapped into this process. Only one process may write to it. */
export class NativeUserRing implements UserRingAccess {
  readonly sizeBytes: number;
  readonly #bridge: Bridge;
  readonly #map: Fd;
  #ring: UserRing | undefined;
  #data: DataView | undefined;

  constructor(bridge: Bridge, map: Fd, sizeBytes: number) {
    const ring = bridge.userRingOpen(map.raw, sizeBytes);
    if (typeof ring === "number") {
      raise(-ring, {
        text: `map ${map.label} into memory`,
        meanings: { EINVAL: notThis, ENOTSUPP: notThis, EOPNOTSUPP: notThis },
      });
    }
    this.#bridge = bridge;
    this.#map = map;
    this.#ring = ring;
    this.sizeBytes = sizeBytes;
  }

  get data(): DataView {
    this.#open();
    return (this.#data ??= this.#mapData());
  }

  reserve(length: number): number {
    const result = this.#bridge.userRingReserve(this.#open(), length);
    return result >= 0 ? result : this.#refuse(-result, length);
  }

  settle(place: number, outcome: "commit" | "discard"): void {
    const commit = outcome === "commit" ? 1 : 0;
    const result = this.#bridge.userRingSettle(this.#open(), place, commit);
    if (result < 0) raise(-result, { text: `${outcome} a record of ${this.#map.label}` });
  }

  pendingBytes(): number {
    return this.#bridge.userRingPending(this.#open());
  }

  watchRoom(onRoom: () => void): Watch {
    return new RoomWatch(this.#bridge, this.#map, onRoom);
  }

  close(): void {
    if (this.#ring === undefined) return;
    this.#bridge.userRingClose(this.#ring);
    this.#ring = undefined;
    if (this.#data !== undefined) this.#bridge.unmap(this.#data.buffer as ArrayBuffer);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Two pages of positions come before the data. */
  #mapData(): DataView {
    const start = 2 * this.#bridge.pageSize();
    const { raw, label } = this.#map;
    const memory = this.#bridge.map(raw, 2 * this.sizeBytes, readWrite, mapShared, start);
    if (typeof memory === "number") raise(-memory, { text: `map ${label} into memory` });
    return new DataView(memory);
  }

  #open(): UserRing {
    if (this.#ring === undefined) throw new ClosedError(this.#map.label);
    return this.#ring;
  }

  #refuse(error: number, length: number): never {
    const { label } = this.#map;
    if (error === errno.E2BIG) {
      throw new InvalidArgumentError(`${length} bytes are more than ${label} can ever hold`, {
        hint: `a record takes ${headerBytes} bytes more; make the ring larger`,
      });
    }
    return raise(error, {
      text: `reserve ${length} bytes in ${label}`,
      meanings: {
        ENOSPC: {
          reason: "it is full until a program drains it",
          hint: "wait for room (pushWhenRoom), make the ring larger, or drain it more often",
        },
      },
    });
  }
}
