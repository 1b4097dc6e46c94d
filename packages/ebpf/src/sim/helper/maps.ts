/**
 * Helpers on maps and ring buffers.
 * @module
 */
import type { RingQuery } from "../../spec/kernel-side.ts";
import { failed } from "../errno.ts";
import { SimulatedSocket } from "../attach/simulated-socket.ts";
import { IndexedStore } from "../map/indexed-store.ts";
import { KeyedStore } from "../map/keyed-store.ts";
import { ObjectStore } from "../map/object-store.ts";
import { QueueStore, BloomStore } from "../map/queue-store.ts";
import { RingStore } from "../map/ring-store.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import type { MapStore, StoreMode } from "../map/store.ts";
import type { Machine } from "../vm/machine.ts";
import type { Core } from "../core.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";

const modes: readonly StoreMode[] = ["any", "noexist", "exist"];
const lockFlag = 4n;

/** What the flags of an update mean, which may ask for the lock of values that have one; `undefined` for no such flags. */
export function updateModeOf(
  flags: bigint,
  { hasLock }: { readonly hasLock: boolean },
): StoreMode | undefined {
  return modes[Number(hasLock ? flags & ~lockFlag : flags)];
}

/** What an update says whose flags mean nothing: arrays look at the place before they ask for a lock. */
export function refusedUpdate(store: MapStore, key: Uint8Array, flags: bigint): number {
  const mode = modes[Number(flags & ~lockFlag)];
  if (!(store instanceof IndexedStore) || mode === undefined) return failed.invalid;
  if (store.find(key) < 0) return failed.tooBig;
  return mode === "noexist" ? failed.exists : failed.invalid;
}

function mapOf(machine: Machine, kernel: Core): SimulatedMap {
  return kernel.mapAt(u64Of(machine, 1));
}

/** Address of the value that a key finds on a CPU; 0 when there is none. */
function valueAt(machine: Machine, kernel: Core, cpu: number): bigint {
  const map = mapOf(machine, kernel);
  const key = readable(machine, 2, map.attributes.keySize);
  if (map.store instanceof ObjectStore) {
    const held = map.store.get(key);
    return held instanceof SimulatedMap || held instanceof SimulatedSocket ? held.address : 0n;
  }
  const offset = map.store.find(key, "program");
  if (offset < 0) return 0n;
  const { address, cpuStride, stride } = map.store.values!;
  return address + BigInt(offset + (stride === cpuStride ? 0 : cpu * cpuStride));
}

/** Maps of elements: kernel/bpf/helpers.c. */
export const mapHelpers: HelperGroup = {
  map_lookup_elem: (machine, kernel) => valueAt(machine, kernel, kernel.world.cpu),
  map_lookup_percpu_elem: (machine, kernel) => {
    const cpu = u32Of(machine, 3);
    return cpu < kernel.cpuCount ? valueAt(machine, kernel, cpu) : 0;
  },
  map_update_elem: (machine, kernel) => {
    const { store, attributes, hasLock } = mapOf(machine, kernel);
    const flags = u64Of(machine, 4);
    const mode = updateModeOf(flags, { hasLock });
    const key = readable(machine, 2, attributes.keySize);
    if (mode === undefined) return refusedUpdate(store, key, flags);
    const value = readable(machine, 3, attributes.valueSize);
    return store.update(key, value, { mode, cpu: kernel.world.cpu * perCpu(attributes.mapType) });
  },
  map_delete_elem: (machine, kernel) => {
    const { store, attributes } = mapOf(machine, kernel);
    return store.delete(readable(machine, 2, attributes.keySize));
  },
  map_push_elem: (machine, kernel) => {
    const { store, attributes } = mapOf(machine, kernel);
    const mode = updateModeOf(u64Of(machine, 3), { hasLock: false });
    if (mode === undefined || !(store instanceof QueueStore || store instanceof BloomStore))
      return failed.invalid;
    return store.update(noKey, readable(machine, 2, attributes.valueSize), { mode });
  },
  map_pop_elem: (machine, kernel) => {
    const { store, attributes } = mapOf(machine, kernel);
    return store.take(noKey, writable(machine, 2, attributes.valueSize));
  },
  map_peek_elem: (machine, kernel) => {
    const { store, attributes } = mapOf(machine, kernel);
    return store.lookup(noKey, writable(machine, 2, attributes.valueSize));
  },
  for_each_map_elem: (machine, kernel) => {
    const map = mapOf(machine, kernel);
    const [callback, argument] = [u64Of(machine, 2), u64Of(machine, 3)];
    if (u64Of(machine, 4) !== 0n) return failed.invalid;
    return map.store instanceof KeyedStore || map.attributes.mapType.endsWith("array")
      ? forEach(machine, { map, callback, argument, cpu: kernel.world.cpu })
      : failed.invalid;
  },
};

const noKey = new Uint8Array();

function perCpu(type: string): number {
  return type.includes("percpu") ? 1 : 0;
}

interface Walk {
  readonly map: SimulatedMap;
  readonly callback: bigint;
  readonly argument: bigint;
  readonly cpu: number;
}

/** Calls a function of the program with each element until it returns 1; returns how many there were. */
function forEach(machine: Machine, { map, callback, argument, cpu }: Walk): number {
  const keyBytes = new Uint8Array(map.attributes.keySize);
  const key = machine.memory.allocate("key of an element", keyBytes, { readOnly: true });
  const { address, cpuStride, stride } = map.store.values!;
  const shift = stride === cpuStride ? 0 : cpu * cpuStride;
  let count = 0;
  try {
    for (const bytes of map.store.keys(keyBytes.length)) {
      keyBytes.set(bytes);
      const value = address + BigInt(map.store.find(bytes, "user") + shift);
      count += 1;
      if (machine.call(callback, map.address, key, value, argument) !== 0n) break;
    }
  } finally {
    machine.memory.free(key);
  }
  return count;
}

/** BPF_RB_AVAIL_DATA and so on, by their numbers. */
const ringQueries: readonly RingQuery[] = ["avail_data", "ring_size", "cons_pos", "prod_pos"];

function ringOf(map: SimulatedMap): RingStore | undefined {
  return map.store instanceof RingStore ? map.store : undefined;
}

function settle(machine: Machine, { rings }: Core, outcome: "submit" | "discard"): number {
  const address = u64Of(machine, 1);
  for (const ring of rings) if (ring.settle(address, outcome)) return 0;
  return 0;
}

/** Ring buffers: kernel/bpf/ringbuf.c. */
export const ringHelpers: HelperGroup = {
  ringbuf_reserve: (machine, kernel) => {
    if (u64Of(machine, 3) !== 0n) return 0;
    const ring = ringOf(mapOf(machine, kernel));
    if (ring === undefined || kernel.injections.loses("ringbuf")) return 0;
    return ring.reserve(Number(u64Of(machine, 2)));
  },
  ringbuf_submit: (machine, kernel) => settle(machine, kernel, "submit"),
  ringbuf_discard: (machine, kernel) => settle(machine, kernel, "discard"),
  ringbuf_output: (machine, kernel) => {
    if ((u64Of(machine, 4) & ~3n) !== 0n) return failed.invalid;
    const ring = ringOf(mapOf(machine, kernel));
    if (ring === undefined) return failed.invalid;
    if (kernel.injections.loses("ringbuf")) return failed.again;
    return ring.output(readable(machine, 2, Number(u64Of(machine, 3))));
  },
  ringbuf_query: (machine, kernel) => {
    const ring = ringOf(mapOf(machine, kernel));
    if (ring === undefined) return 0;
    const what = ringQueries[u32Of(machine, 2)];
    return what === undefined ? 0 : ring.query(what);
  },
};
