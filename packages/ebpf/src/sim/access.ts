/**
 * Prepared access to simulated maps: elements, memory, rings.
 * @module
 */
import { ClosedError } from "../base/errors.ts";
import type { Command } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import type {
  ElementAccess,
  ElementShape,
  LookupMode,
  MappedMemory,
  MemoryOptions,
  RingAccess,
  UpdateMode,
  Watch,
} from "../kernel/kernel.ts";
import { failed } from "./errno.ts";
import { ArenaStore } from "./map/arena-store.ts";
import type { RingStore } from "./map/ring-store.ts";
import { SimulatedMap } from "./map/simulated-map.ts";
import { objectOf, SimulatedHandle } from "./object.ts";

/** Decides whether a call fails on purpose, and makes errors of results. */
export interface Judge {
  /** 0, or the negated errno that the call fails with before it does anything. */
  before(command: Command): number;
  error(command: Command, result: number, text: string): Error;
}

/** Element operations on one map. */
export class SimulatedElements implements ElementAccess {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly #judge: Judge;
  readonly #handle: Handle;
  readonly #name: string;

  constructor(judge: Judge, handle: Handle, { name, keySize, valueSize }: ElementShape) {
    this.key = new Uint8Array(keySize);
    this.value = new Uint8Array(valueSize);
    this.#judge = judge;
    this.#handle = handle;
    this.#name = name;
  }

  get #map(): SimulatedMap {
    return objectOf(this.#handle, SimulatedMap);
  }

  lookup(mode: LookupMode): boolean {
    return this.#found("mapLookupElem", (map) => map.read(this.key, this.value, { mode }));
  }

  update(mode: UpdateMode): void {
    const result = this.#try("mapUpdateElem", (map) => map.write(this.key, this.value, mode));
    if (result < 0) throw this.#error("mapUpdateElem", result);
  }

  delete(): boolean {
    return this.#found("mapDeleteElem", (map) => map.remove(this.key));
  }

  lookupAndDelete(mode: LookupMode): boolean {
    return this.#found("mapLookupAndDeleteElem", (map) =>
      mode === "locked" && !map.hasLock ? failed.invalid : map.take(this.key, this.value),
    );
  }

  nextKey(): boolean {
    return this.#found("mapGetNextKey", (map) => map.next(this.key, this.key));
  }

  firstKey(): boolean {
    return this.#found("mapGetNextKey", (map) => map.next(undefined, this.key));
  }

  #try(command: Command, call: (map: SimulatedMap) => number): number {
    const map = this.#map;
    return this.#judge.before(command) || call(map);
  }

  #found(command: Command, call: (map: SimulatedMap) => number): boolean {
    const result = this.#try(command, call);
    if (result >= 0) return true;
    if (result === failed.noEntry) return false;
    throw this.#error(command, result);
  }

  #error(command: Command, result: number): Error {
    const text = `${verbs[command] ?? "use"} an element of map "${this.#name}"`;
    return this.#judge.error(command, result, text);
  }
}

const verbs: { readonly [C in Command]?: string } = {
  mapLookupElem: "look up",
  mapUpdateElem: "update",
  mapDeleteElem: "delete",
  mapLookupAndDeleteElem: "look up and delete",
  mapGetNextKey: "go to",
};

/** Values of a `mmapable` array, or an arena: the very memory that programs write to. */
export class SimulatedMemory implements MappedMemory {
  readonly address: bigint;
  readonly #map: SimulatedMap;
  readonly #writes: boolean;
  #bytes: Uint8Array;
  #closed = false;

  constructor(map: SimulatedMap, { sizeBytes, access }: MemoryOptions) {
    this.#map = map.hold();
    if (map.store instanceof ArenaStore) map.store.mapped = true;
    this.#writes = access === "read-write";
    const { bytes, address } = map.store.values!;
    this.address = address;
    // A mapping ends with a page, the values perhaps earlier.
    this.#bytes = sizeBytes <= bytes.length ? bytes.subarray(0, sizeBytes) : bytes;
    if (this.#writes) map.writers += 1;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  touch(offset: number, length: number): void {
    const { store } = this.#map;
    if (store instanceof ArenaStore) store.touch(offset, length);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#bytes = new Uint8Array();
    if (this.#writes) this.#map.writers -= 1;
    this.#map.drop();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The reading end of a ring buffer. */
export class SimulatedRing implements RingAccess {
  readonly sizeBytes: number;
  readonly #map: SimulatedMap;
  readonly #ring: RingStore;
  #closed = false;

  constructor(map: SimulatedMap, ring: RingStore) {
    this.#map = map.hold();
    this.#ring = ring;
    this.sizeBytes = ring.sizeBytes;
  }

  get data(): DataView {
    this.#assertOpen();
    return this.#ring.data;
  }

  get start(): number {
    return this.#ring.consumed & (this.sizeBytes - 1);
  }

  /** A record that begins in the second half of the data lies in the first one: it is found when those before are released. */
  find(): number {
    this.#assertOpen();
    const { consumed } = this.#ring;
    const end = consumed + this.sizeBytes - this.start;
    let behind = consumed;
    while (behind < end) {
      const place = this.#ring.at(behind);
      if (place === undefined) break;
      behind += place.total;
    }
    return behind - consumed;
  }

  release(bytes: number): void {
    this.#assertOpen();
    this.#ring.consumed += bytes;
  }

  pendingBytes(): number {
    this.#assertOpen();
    return this.#ring.produced - this.#ring.consumed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#map.drop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError(this.#map.label);
  }
}

/** Calls `onReadable` soon after one of the handles has something to read. */
export class SimulatedWatch implements Watch {
  readonly #ends: readonly (() => void)[];
  #pending = false;
  #closed = false;

  constructor(handles: readonly Handle[], onReadable: () => void) {
    const objects = handles.map((handle) => (handle as SimulatedHandle).object);
    const wake = (): void => {
      if (this.#pending || this.#closed) return;
      this.#pending = true;
      queueMicrotask(() => {
        this.#pending = false;
        if (!this.#closed) onReadable();
      });
    };
    this.#ends = objects.map((object) => object.whenReadable(wake));
    if (objects.some((object) => object.readable)) wake();
  }

  /** Nothing simulated keeps a process. */
  ref(): void {}

  unref(): void {}

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
