/**
 * Maps of a simulation: what programs do with them, by the kernel's rules.
 *
 * Each map is made when it is first used and lasts as long as the simulation. Keys are compared and values copied as
 * bytes, so that padding, wrapping and cut text are as in the kernel.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { bytesOfValue, loadValue, memoryOf, objectIn } from "../../layout/memory-object.ts";
import type { KernelSide } from "../../spec/kernel-side.ts";
import {
  isGlobalSpec,
  type MapSpec,
  type PerfEventArraySpec,
  type RingbufSpec,
} from "../../spec/map-spec.ts";
import type { SourceProgramSpec } from "../../spec/source-program.ts";
import type { Element, ElementSpec } from "./element-store.ts";
import { ElementStore } from "./element-store.ts";
import { NotSimulatedError } from "./not-simulated-error.ts";
import { RingStore } from "./ring-store.ts";
import { failure } from "./status.ts";
import { TailCall } from "./tail-call.ts";

/** What maps need to know of the world. */
export interface MapWorld {
  readonly cpu: number;
  readonly cpus: number;
  readonly cgroupId: bigint;
  /** Number of the current stack, or a negated errno. */
  readonly stackId: (map: MapSpec, flags: bigint) => number;
  readonly redirected: (map: MapSpec, key: unknown) => void;
  readonly perfOutput: (map: object, bytes: Uint8Array<ArrayBuffer>) => void;
}

const xdpRedirect = 4;
const socketPass = 1;
const socketDrop = 0;

/** All maps of one simulation. */
export class SimulatedMaps implements KernelSide {
  readonly #world: MapWorld;
  readonly #elements = new Map<MapSpec, ElementStore>();
  readonly #rings = new Map<MapSpec, RingStore>();
  readonly #queues = new Map<MapSpec, Uint8Array<ArrayBuffer>[]>();
  /** What maps hold that are no bytes: programs, inner maps, sockets, devices. By the bytes of the key. */
  readonly #objects = new Map<MapSpec, Map<string, unknown>>();
  readonly #storages = new Map<MapSpec, WeakMap<object, DataView>>();

  constructor(world: MapWorld) {
    this.#world = world;
  }

  /** Elements of a map. */
  elements(map: MapSpec): ElementStore {
    return kept(this.#elements, map, () => new ElementStore(elementSpec(map), this.#world.cpus));
  }

  /** Records of a ring buffer. */
  ring(map: MapSpec): RingStore {
    return kept(this.#rings, map, () => new RingStore(map as RingbufSpec<unknown>));
  }

  /** Values in a queue or stack, the oldest first. */
  queue(map: MapSpec): Uint8Array<ArrayBuffer>[] {
    return kept(this.#queues, map, () => []);
  }

  /** What is at a key of a map of objects: programs, maps, sockets. */
  objects(map: MapSpec): Map<string, unknown> {
    return kept(this.#objects, map, () => new Map<string, unknown>());
  }

  /** The object at `key`. */
  object(map: MapSpec, key: unknown): unknown {
    return this.objects(map).get(objectKey(map, key));
  }

  /** Ring buffers in which an event was reserved and forgotten. */
  unsettled(): readonly RingStore[] {
    return [...this.#rings.values()].filter(({ hasReserved }) => hasReserved);
  }

  readonly lookup: KernelSide["lookup"] = (map, key) =>
    holdsObjects(map)
      ? this.object(map, key)
      : this.#reference(map, this.#find(map, key), this.#world.cpu);

  readonly lookupPercpu: KernelSide["lookupPercpu"] = (map, key, cpu) =>
    this.#reference(map, this.#find(map, key), cpu);

  readonly update: KernelSide["update"] = (map, key, value, mode) =>
    this.elements(map).update(keyBytes(map, key), value, { mode, cpu: this.#world.cpu });

  readonly delete: KernelSide["delete"] = (map, key) => {
    if (!holdsObjects(map)) return this.elements(map).delete(keyBytes(map, key));
    return this.objects(map).delete(objectKey(map, key)) ? 0 : failure.noEntry;
  };

  readonly reserve: KernelSide["reserve"] = (map) => {
    const event = this.ring(map).reserve();
    if (event === undefined) this.#countLoss(map);
    return event;
  };

  readonly submit: KernelSide["submit"] = (map, event) => this.ring(map).settle(event, "submitted");

  readonly discard: KernelSide["discard"] = (map, event) =>
    this.ring(map).settle(event, "discarded");

  readonly output: KernelSide["output"] = (map, value) => {
    const status = this.ring(map).output(bytesOfValue(ringSpec(map).value, value));
    if (status !== 0) this.#countLoss(map);
    return status;
  };

  readonly outputBytes: KernelSide["outputBytes"] = (map, memory, length) => {
    const status = this.ring(map).output(firstBytes(memory, length));
    if (status !== 0) this.#countLoss(map);
    return status;
  };

  readonly query: KernelSide["query"] = (map, what) => this.ring(map).query(what);

  readonly perfOutput: KernelSide["perfOutput"] = (map, _context, value) => {
    this.#world.perfOutput(map, bytesOfValue(eventSpec(map).value, value));
    return 0;
  };

  readonly perfOutputBytes: KernelSide["perfOutputBytes"] = (map, _context, memory, length) => {
    this.#world.perfOutput(map, firstBytes(memory, length));
    return 0;
  };

  readonly push: KernelSide["push"] = (map, value, mode) => {
    const queue = this.queue(map);
    const bytes = bytesOfValue(elementSpec(map).value, value);
    if (map.type !== "bloom_filter" && queue.length >= map.maxEntries) {
      if (mode !== "exist") return failure.tooBig;
      queue.shift();
    }
    queue.push(bytes);
    return 0;
  };

  readonly pop: KernelSide["pop"] = (map) => {
    const queue = this.queue(map);
    return valueOf(map, map.type === "stack" ? queue.pop() : queue.shift());
  };

  readonly peek: KernelSide["peek"] = (map) =>
    valueOf(
      map,
      this.queue(map)
        .at(map.type === "stack" ? -1 : 0)
        ?.slice(),
    );

  readonly mayHave: KernelSide["mayHave"] = (map, value) => {
    const bytes = bytesOfValue(elementSpec(map).value, value).join();
    return this.queue(map).some((it) => it.join() === bytes);
  };

  readonly getId: KernelSide["getId"] = (map, _context, flags) =>
    this.#world.stackId(map, BigInt(flags));

  readonly tailCall: KernelSide["tailCall"] = (map, context, index) => {
    const program = this.object(map, index);
    if (program !== undefined) throw new TailCall(program as SourceProgramSpec, context);
  };

  readonly redirect: KernelSide["redirect"] = (map, key, flags) => {
    if (this.object(map, key) === undefined) return Number(flags) & 3;
    this.#world.redirected(map, key);
    return xdpRedirect;
  };

  readonly redirectSkb: KernelSide["redirectSkb"] = (map, _skb, key) => this.#toSocket(map, key);

  readonly redirectMsg: KernelSide["redirectMsg"] = (map, _msg, key) => this.#toSocket(map, key);

  readonly addSocket: KernelSide["addSocket"] = (map, ops, key, mode) => {
    const objects = this.objects(map);
    const name = objectKey(map, key);
    if (mode === "noexist" && objects.has(name)) return failure.exists;
    if (mode === "exist" && !objects.has(name)) return failure.noEntry;
    if (!objects.has(name) && objects.size >= map.maxEntries) return failure.tooBig;
    objects.set(name, ops);
    return 0;
  };

  readonly skbUnder: KernelSide["skbUnder"] = (map, _skb, index) => this.#isUnder(map, index);

  readonly currentTaskUnder: KernelSide["currentTaskUnder"] = (map, index) =>
    this.#isUnder(map, index);

  readonly get: KernelSide["get"] = (map, owner) => {
    const view = this.#storage(map).get(requireOwner(map, owner));
    return view && objectIn(elementSpec(map).value, view, 0);
  };

  readonly getOrCreate: KernelSide["getOrCreate"] = (map, owner, initial) => {
    const found = this.get(map, owner);
    if (found !== undefined) return found;
    const layout = elementSpec(map).value;
    const bytes =
      initial === undefined ? new Uint8Array(layout.size) : bytesOfValue(layout, initial);
    this.#storage(map).set(requireOwner(map, owner), new DataView(bytes.buffer));
    return this.get(map, owner);
  };

  readonly deleteOf: KernelSide["deleteOf"] = (map, owner) =>
    this.#storage(map).delete(requireOwner(map, owner)) ? 0 : failure.noEntry;

  #find(map: MapSpec, key: unknown): Element | undefined {
    return this.elements(map).find(keyBytes(map, key));
  }

  #reference(map: MapSpec, element: Element | undefined, cpu: number): object | undefined {
    return element && this.elements(map).reference(element, cpu);
  }

  #storage(map: MapSpec): WeakMap<object, DataView> {
    return kept(this.#storages, map, () => new WeakMap<object, DataView>());
  }

  #toSocket(map: MapSpec, key: unknown): number {
    if (this.object(map, key) === undefined) return socketDrop;
    this.#world.redirected(map, key);
    return socketPass;
  }

  #isUnder(map: MapSpec, index: number): number {
    if (index >= map.maxEntries) return failure.tooBig;
    const cgroup = this.object(map, index);
    if (cgroup === undefined) return failure.again;
    return cgroup === this.#world.cgroupId ? 1 : 0;
  }

  /** Adds one to the counter of lost events, as the compiled program does. */
  #countLoss(map: MapSpec): void {
    const counter = ringSpec(map).lossCounter;
    if (counter === undefined) return;
    const count = this.lookup(counter, 0) as { value: bigint };
    count.value += 1n;
  }
}

/** The bytes of a key as programs give it. */
export function keyBytes(map: MapSpec, key: unknown): Uint8Array<ArrayBuffer> {
  return bytesOfValue(elementSpec(map).key, key);
}

/** Under which name {@link SimulatedMaps.objects} keeps the object at `key`. */
export function objectKey(map: MapSpec, key: unknown): string {
  return keyBytes(map, key).join();
}

/** Kinds of maps whose values are no bytes. */
function holdsObjects({ type }: MapSpec): boolean {
  return ["sockmap", "sockhash", "array_of_maps", "hash_of_maps", "prog_array"].includes(type);
}

function elementSpec(map: MapSpec): ElementSpec {
  if (!isGlobalSpec(map) && "key" in map) return map;
  throw new NotSimulatedError(`this operation on map "${map.name}"`, {
    hint: "it is not for maps of this kind",
  });
}

function eventSpec(map: MapSpec): PerfEventArraySpec<unknown> {
  return map as PerfEventArraySpec<unknown>;
}

function ringSpec(map: MapSpec): RingbufSpec<unknown> {
  return map as RingbufSpec<unknown>;
}

/** A copy of the first bytes of memory. */
function firstBytes(memory: object, length: number): Uint8Array<ArrayBuffer> {
  const view = memory instanceof Uint8Array ? memory : memoryOf(memory)?.view;
  if (view !== undefined && length >= 0 && length <= view.byteLength) {
    return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, length).slice();
  }
  const what = view === undefined ? "no memory" : `memory of ${view.byteLength} bytes`;
  throw new InvalidArgumentError(`the first ${length} bytes of ${what} were written`);
}

/** A value taken out of a queue: with memory of its own. */
function valueOf(map: MapSpec, bytes: Uint8Array<ArrayBuffer> | undefined): unknown {
  return bytes && loadValue(elementSpec(map).value, new DataView(bytes.buffer), 0);
}

function requireOwner(map: MapSpec, owner: unknown): object {
  if (typeof owner === "object" && owner !== null) return owner;
  throw new InvalidArgumentError(`storage "${map.name}" was asked for without an owner`, {
    hint: "give the kernel object that the storage belongs to",
  });
}

function kept<Key, Value>(table: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = table.get(key);
  if (known !== undefined) return known;
  const value = make();
  table.set(key, value);
  return value;
}
