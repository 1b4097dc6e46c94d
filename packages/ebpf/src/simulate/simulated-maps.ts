/**
 * Maps of a simulation: what programs do with them, by the kernel's rules.
 *
 * Each map is made when it is first used and lasts as long as the simulation: a store of the simulated kernel, so that
 * what is full, evicted or refused is the same there. Keys are compared and values copied as bytes.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { addressOf } from "../layout/address-of.ts";
import { bytesOfValue, loadValue, memoryOf } from "../layout/memory-object.ts";
import type { HelperFlags, KernelSide } from "../spec/kernel-side.ts";
import type { KeyedMapSpec, KeyedMapType, MapSpec, RingbufSpec } from "../spec/map-spec.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";
import { failed } from "../sim/errno.ts";
import { redirectAction } from "../sim/helper/redirect.ts";
import { type Stacks, stackIdOf } from "../sim/helper/stack.ts";
import { ObjectStore } from "../sim/map/object-store.ts";
import { ownerKey } from "../sim/map/storage-store.ts";
import { Memory } from "../sim/vm/memory.ts";
import { EventRing } from "./event-ring.ts";
import { PlayedMap } from "./played-map.ts";
import { TailCall } from "./tail-call.ts";

/** What maps need to know of the world. */
export interface MapWorld {
  readonly cpu: number;
  readonly cpus: number;
  readonly cgroupId: bigint;
  readonly stacks: Stacks;
  readonly redirected: (map: MapSpec, key: unknown) => void;
  readonly perfOutput: (map: object, bytes: Uint8Array<ArrayBuffer>) => void;
}

const xdpRedirect = 4;
const socketPass = 1;
const socketDrop = 0;
/** BPF_F_INGRESS of include/uapi/linux/bpf.h, the only flag where packets go to sockets. */
const ingress = 1n;
const noKey = new Uint8Array();

/** All maps of one simulation. */
export class SimulatedMaps implements KernelSide {
  /** Where the values are: memory with the addresses that the simulated kernel gives. */
  readonly memory: Memory = new Memory();
  readonly #world: MapWorld;
  readonly #played = new Map<MapSpec, PlayedMap>();
  readonly #rings = new Map<MapSpec, EventRing>();

  constructor(world: MapWorld) {
    this.#world = world;
  }

  /** A map of elements or objects. */
  played(map: MapSpec): PlayedMap {
    return kept(this.#played, map, () => new PlayedMap(map, this.#place));
  }

  /** A ring buffer. */
  ring(map: MapSpec): EventRing {
    return kept(this.#rings, map, () => new EventRing(map, this.#place));
  }

  /** Ring buffers in which an event was reserved and forgotten. */
  unsettled(): readonly EventRing[] {
    return [...this.#rings.values()].filter(({ hasReserved }) => hasReserved);
  }

  /** Address of what lies in the value of a map; `undefined` for what lies elsewhere. */
  addressOf(object: object): bigint | undefined {
    const view = memoryOf(object)?.view;
    for (const { store } of view === undefined ? [] : this.#played.values()) {
      const { values } = store;
      if (values?.bytes.buffer === view!.buffer) return values.address + BigInt(view!.byteOffset);
    }
    return undefined;
  }

  get #place() {
    return { memory: this.memory, cpus: this.#world.cpus };
  }

  readonly lookup: KernelSide["lookup"] = (map, key) => {
    const played = this.played(map);
    const bytes = played.keyBytes(key);
    return played.store instanceof ObjectStore
      ? played.object(bytes)
      : played.lookup(bytes, this.#world.cpu);
  };

  readonly lookupPercpu: KernelSide["lookupPercpu"] = (map, key, cpu) => {
    const played = this.played(map);
    return played.lookup(played.keyBytes(key), cpu);
  };

  readonly update: KernelSide["update"] = (map, key, value, mode) => {
    const played = this.played(map);
    return played.update(played.keyBytes(key), value, { mode, cpu: this.#world.cpu });
  };

  readonly delete: KernelSide["delete"] = (map, key) => {
    const played = this.played(map);
    return played.store.delete(played.keyBytes(key));
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
    this.#world.perfOutput(map, bytesOfValue(ringSpec(map).value, value));
    return 0;
  };

  readonly perfOutputBytes: KernelSide["perfOutputBytes"] = (map, _context, memory, length) => {
    this.#world.perfOutput(map, firstBytes(memory, length));
    return 0;
  };

  readonly push: KernelSide["push"] = (map, value, mode) =>
    this.played(map).update(noKey, value, { mode, cpu: 0 });

  readonly pop: KernelSide["pop"] = (map) => {
    const { store, spec } = this.played(map);
    const bytes = new Uint8Array(spec.value.size);
    return store.take(noKey, bytes) < 0 ? undefined : valueIn(spec, bytes);
  };

  readonly peek: KernelSide["peek"] = (map) => {
    const { store, spec } = this.played(map);
    const bytes = new Uint8Array(spec.value.size);
    return store.lookup(noKey, bytes) < 0 ? undefined : valueIn(spec, bytes);
  };

  readonly mayHave: KernelSide["mayHave"] = (map, value) => {
    const { store, spec } = this.played(map);
    return store.lookup(noKey, bytesOfValue(spec.value, value)) === 0;
  };

  readonly getId: KernelSide["getId"] = (map, _context, flags) =>
    stackIdOf(this.played(map).store, this.#world.stacks, bitsOf(flags));

  readonly tailCall: KernelSide["tailCall"] = (map, context, index) => {
    const program = this.#object(map, index);
    if (program !== undefined) throw new TailCall(program as SourceProgramSpec, context);
  };

  readonly redirect: KernelSide["redirect"] = (map, key, flags) => {
    const { store } = this.played(map);
    const action = redirectAction({ store, mapType: map.type }, key >>> 0, bitsOf(flags));
    if (action === xdpRedirect) this.#world.redirected(map, key);
    return action;
  };

  readonly redirectSkb: KernelSide["redirectSkb"] = (map, _skb, key, flags) =>
    this.#toSocket(map, key, flags);

  readonly redirectMsg: KernelSide["redirectMsg"] = (map, _msg, key, flags) =>
    this.#toSocket(map, key, flags);

  readonly addSocket: KernelSide["addSocket"] = (map, ops, key, mode) => {
    const played = this.played(map);
    return played.put(played.keyBytes(key), ops, mode);
  };

  readonly skbUnder: KernelSide["skbUnder"] = (map, _skb, index) => this.#isUnder(map, index);

  readonly currentTaskUnder: KernelSide["currentTaskUnder"] = (map, index) =>
    this.#isUnder(map, index);

  readonly get: KernelSide["get"] = (map, owner) => {
    const key = ownerKey(addressOf(requireOwner(map, owner)));
    return this.played(map).lookup(key, 0);
  };

  readonly getOrCreate: KernelSide["getOrCreate"] = (map, owner, initial) => {
    const found = this.get(map, owner);
    if (found !== undefined) return found;
    const { store, spec } = this.played(map);
    const { value } = spec;
    const bytes = initial === undefined ? new Uint8Array(value.size) : bytesOfValue(value, initial);
    store.update(ownerKey(addressOf(requireOwner(map, owner))), bytes, { mode: "noexist" });
    return this.get(map, owner);
  };

  readonly deleteOf: KernelSide["deleteOf"] = (map, owner) =>
    this.played(map).store.delete(ownerKey(addressOf(requireOwner(map, owner))));

  /** The object at `key` of a map of such. */
  #object(map: MapSpec, key: unknown): unknown {
    const played = this.played(map);
    return played.object(played.keyBytes(key));
  }

  #toSocket(map: MapSpec, key: unknown, flags: HelperFlags): number {
    if (bitsOf(flags) > ingress || this.#object(map, key) === undefined) return socketDrop;
    this.#world.redirected(map, key);
    return socketPass;
  }

  #isUnder(map: MapSpec, index: number): number {
    if (index >= map.maxEntries) return failed.tooBig;
    const cgroup = this.#object(map, index);
    if (cgroup === undefined) return failed.again;
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

/** Flags as the kernel gets them. */
function bitsOf(flags: HelperFlags): bigint {
  return BigInt.asUintN(64, BigInt(flags));
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
function valueIn(
  { value }: KeyedMapSpec<KeyedMapType, unknown, unknown>,
  bytes: Uint8Array<ArrayBuffer>,
): unknown {
  return loadValue(value, viewOf(bytes), 0);
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
