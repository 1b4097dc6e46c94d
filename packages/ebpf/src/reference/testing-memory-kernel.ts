/**
 * A kernel whose maps are in memory, for tests: hash maps, arrays, queues, stacks and variables.
 *
 * Live maps work on it as on any kernel. Batches it has none, so that maps are read one element at a time.
 * @module
 */
import { alignUp } from "../base/bytes.ts";
import type { MapCreate, MapUpdate } from "../kernel/commands.ts";
import { ExistsError, NoSpaceError, NotFoundError, NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { ElementAccess, ElementShape, Kernel, UpdateMode } from "../kernel/kernel.ts";

/** The kernel, and what tests want to know of it. */
export interface MemoryKernel extends Kernel {
  /** Called before each update, to play a program that comes between. */
  onUpdate: (() => void) | undefined;
}

/** A kernel without maps. */
export function memoryKernel(): MemoryKernel {
  const stores = new Map<Handle, Store>();
  const kernel = {
    onUpdate: undefined as (() => void) | undefined,
    cpus: { possible: [0, 1], online: [0, 1] },
    version: [6, 18],
    bpf: (command: string, attributes: never): unknown => {
      if (command === "mapCreate") return createMap(stores, attributes);
      if (command === "mapUpdateElem") return initialize(stores, attributes);
      throw new NotSupportedError(command);
    },
    openElements: (map: Handle, shape: ElementShape): ElementAccess =>
      new MemoryElements(stores.get(map)!, shape, () => kernel.onUpdate?.()),
    openMemory: (map: Handle) => ({ bytes: stores.get(map)!.bytes, close: () => {} }),
  };
  return kernel as unknown as MemoryKernel;
}

/** The elements of a map: of arrays as bytes in a row, of others by key, of queues and stacks as a list. */
interface Store {
  readonly type: string;
  readonly maxEntries: number;
  readonly bytes: Uint8Array;
  readonly elements: Map<string, Uint8Array>;
  readonly list: Uint8Array[];
}

function createMap(stores: Map<Handle, Store>, attributes: MapCreate): Handle {
  const { mapType: type, maxEntries, valueSize } = attributes;
  const handle = testHandle();
  const bytes = new Uint8Array(maxEntries * alignUp(valueSize, 8));
  stores.set(handle, { type, maxEntries, bytes, elements: new Map(), list: [] });
  // A moved handle stands for the same map.
  const moved = testHandle();
  stores.set(moved, stores.get(handle)!);
  return Object.assign(handle, { move: () => moved });
}

function testHandle(): Handle {
  const handle = {
    kind: "map",
    closed: false,
    close: () => void (handle.closed = true),
    [Symbol.dispose]: () => {},
  };
  return handle as unknown as Handle;
}

function initialize(stores: Map<Handle, Store>, { map, value }: MapUpdate): void {
  stores.get(map)!.bytes.set(value as Uint8Array);
}

class MemoryElements implements ElementAccess {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly #store: Store;
  readonly #beforeUpdate: () => void;

  constructor(store: Store, { keySize, valueSize }: ElementShape, beforeUpdate: () => void) {
    this.key = new Uint8Array(keySize);
    this.value = new Uint8Array(valueSize);
    this.#store = store;
    this.#beforeUpdate = beforeUpdate;
  }

  lookup(): boolean {
    return this.#fill(this.#isList ? this.#store.list.at(this.#end) : this.#element());
  }

  update(mode: UpdateMode): void {
    const [key, value] = [this.key.slice(), this.value.slice()];
    this.#beforeUpdate();
    this.key.set(key);
    this.value.set(value);
    if (this.#isList) this.#push();
    else this.#store.elements.set(this.#checkedKey(mode), value);
  }

  delete(): boolean {
    return this.#store.elements.delete(String(this.key));
  }

  lookupAndDelete(): boolean {
    return this.#fill(this.#end === 0 ? this.#store.list.shift() : this.#store.list.pop());
  }

  firstKey(): boolean {
    return this.#go(0);
  }

  nextKey(): boolean {
    return this.#go([...this.#store.elements.keys()].indexOf(String(this.key)) + 1);
  }

  get #isList(): boolean {
    return this.#store.type === "queue" || this.#store.type === "stack";
  }

  /** Index of the next value of a queue or stack. */
  get #end(): number {
    return this.#store.type === "queue" ? 0 : -1;
  }

  #element(): Uint8Array | undefined {
    const element = this.#store.elements.get(String(this.key));
    if (element !== undefined || this.#store.type !== "array") return element;
    return new Uint8Array(this.value.length);
  }

  #push(): void {
    const { list, maxEntries } = this.#store;
    if (list.length === maxEntries) throw new NoSpaceError(failure);
    list.push(this.value.slice());
  }

  #checkedKey(mode: UpdateMode): string {
    const exists = this.#element() !== undefined;
    if (mode.startsWith("noexist") && exists) throw new ExistsError(failure);
    if (mode.startsWith("exist") && !exists) throw new NotFoundError(failure);
    return String(this.key);
  }

  #go(index: number): boolean {
    const key = [...this.#store.elements.keys()][index];
    if (key !== undefined) this.key.set(key.split(",").map(Number));
    return key !== undefined;
  }

  #fill(value: Uint8Array | undefined): boolean {
    if (value !== undefined) this.value.set(value);
    return value !== undefined;
  }
}

const failure = { operation: "update", errno: 0, errnoName: "E", reason: "so" };
