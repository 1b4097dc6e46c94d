/**
 * Helpers on maps: what the methods of map specs do, by the kernel's names.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { loadValue, memoryOf, storeValue } from "../../layout/memory-object.ts";
import type { HelperFlags, KernelUpdateMode } from "../../spec/kernel-side.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { Source } from "../memory.ts";
import { failed } from "../../sim/errno.ts";
import { refusedUpdate, updateModeOf } from "../../sim/helper/maps.ts";
import type { HelperTable, HelperWorld, SimulatedHelper } from "./helper-table.ts";

/** What an operation does in the mode that flags mean; -EINVAL for flags that mean none. */
function inMode(flags: HelperFlags, operation: (mode: KernelUpdateMode) => number): number {
  const mode = updateModeOf(bitsOf(flags), { hasLock: false });
  return mode === undefined ? failed.invalid : operation(mode);
}

function bitsOf(flags: HelperFlags): bigint {
  return BigInt.asUintN(64, BigInt(flags));
}

/** Stores what was taken out of a map into an object in memory. */
function hand(value: unknown, to: object): number {
  if (value === undefined) return failed.noEntry;
  const memory = memoryOf(to);
  if (memory !== undefined) storeValue(memory.layout, memory.view, 0, value);
  return 0;
}

const createFlag = 1;

const storageGet: SimulatedHelper = (
  { maps },
  ...[map, owner, initial, flags = 0]: readonly [MapSpec, unknown, unknown, HelperFlags?]
) => (Number(flags) & createFlag ? maps.getOrCreate(map, owner, initial) : maps.get(map, owner));

const storageDelete: SimulatedHelper = ({ maps }, map: MapSpec, owner: unknown) =>
  maps.deleteOf(map, owner);

const perfOutput: SimulatedHelper = (
  world: HelperWorld,
  ...[, map, , data]: readonly [unknown, MapSpec, HelperFlags, Source]
) => {
  const bytes = world.memory.from(data);
  if (bytes === undefined) return failed.fault;
  world.perfOutput(map, bytes.slice());
  return 0;
};

type UpdateArguments = readonly [map: MapSpec, key: unknown, value: unknown, flags?: HelperFlags];

type SocketArguments = readonly [context: unknown, map: MapSpec, key: unknown, flags?: HelperFlags];

/** Helpers by name. */
export const mapHelpers: HelperTable = {
  mapLookupElem: ({ maps }, map: MapSpec, key: unknown) => maps.lookup(map, key),
  mapLookupPercpuElem: ({ maps }, map: MapSpec, key: unknown, cpu: number) =>
    maps.lookupPercpu(map, key, cpu),
  mapUpdateElem: ({ maps }, ...[map, key, value, flags = 0]: UpdateArguments) => {
    const played = maps.played(map);
    const mode = updateModeOf(bitsOf(flags), played);
    return mode === undefined
      ? refusedUpdate(played.store, played.keyBytes(key), bitsOf(flags))
      : maps.update(map, key, value, mode);
  },
  mapDeleteElem: ({ maps }, map: MapSpec, key: unknown) => maps.delete(map, key),
  mapPushElem: ({ maps }, map: MapSpec, value: unknown, flags: HelperFlags = 0) =>
    inMode(flags, (mode) => maps.push(map, value, mode)),
  mapPopElem: ({ maps }, map: MapSpec, to: object) => hand(maps.pop(map), to),
  mapPeekElem: ({ maps }, map: MapSpec, to: object) => hand(maps.peek(map), to),
  forEachMapElem: forEach,
  ringbufOutput: ({ maps }, map: MapSpec, data: unknown) => maps.output(map, data, "auto"),
  ringbufSubmit: submitAnywhere("submitted"),
  ringbufDiscard: submitAnywhere("discarded"),
  perfEventOutput: perfOutput,
  skbOutput: perfOutput,
  xdpOutput: perfOutput,
  getStackid: ({ maps }, context: unknown, map: MapSpec, flags: HelperFlags = 0) =>
    maps.getId(map, context, flags),
  tailCall: ({ maps }, context: unknown, map: MapSpec, index: number) =>
    maps.tailCall(map, context, index),
  redirectMap: ({ maps }, map: MapSpec, key: number | bigint, flags: HelperFlags = 0) =>
    maps.redirect(map, Number(key), flags),
  skRedirectMap: ({ maps }, ...[skb, map, key, flags = 0]: SocketArguments) =>
    maps.redirectSkb(map, skb, key, flags),
  skRedirectHash: ({ maps }, ...[skb, map, key, flags = 0]: SocketArguments) =>
    maps.redirectSkb(map, skb, key, flags),
  msgRedirectMap: ({ maps }, ...[msg, map, key, flags = 0]: SocketArguments) =>
    maps.redirectMsg(map, msg, key, flags),
  msgRedirectHash: ({ maps }, ...[msg, map, key, flags = 0]: SocketArguments) =>
    maps.redirectMsg(map, msg, key, flags),
  sockMapUpdate: ({ maps }, ...[ops, map, key, flags = 0]: SocketArguments) =>
    inMode(flags, (mode) => maps.addSocket(map, ops, key, mode)),
  sockHashUpdate: ({ maps }, ...[ops, map, key, flags = 0]: SocketArguments) =>
    inMode(flags, (mode) => maps.addSocket(map, ops, key, mode)),
  skbUnderCgroup: ({ maps }, skb: unknown, map: MapSpec, index: number) =>
    maps.skbUnder(map, skb, index),
  currentTaskUnderCgroup: ({ maps }, map: MapSpec, index: number) =>
    maps.currentTaskUnder(map, index),
  skStorageGet: storageGet,
  taskStorageGet: storageGet,
  inodeStorageGet: storageGet,
  cgrpStorageGet: storageGet,
  skStorageDelete: storageDelete,
  taskStorageDelete: storageDelete,
  inodeStorageDelete: storageDelete,
  cgrpStorageDelete: storageDelete,
};

/** Calls `callback(map, key, value, context)` for each element until it returns something else than 0. */
function forEach(
  { maps, cpu }: HelperWorld,
  map: MapSpec,
  callback: (map: MapSpec, key: unknown, value: unknown, context: unknown) => unknown,
  context: unknown,
): number {
  const played = maps.played(map);
  let called = 0;
  for (const bytes of played.keys()) {
    called++;
    const key = loadValue(played.spec.key, viewOf(bytes), 0);
    const value = played.valueAt(played.store.find(bytes, "user"), cpu);
    if (callback(map, key, value, context)) break;
  }
  return called;
}

/** The C functions are not told which ring the event is of. */
function submitAnywhere(state: "submitted" | "discarded"): SimulatedHelper {
  return ({ maps }, event: unknown) => {
    const owner = maps.unsettled().find((ring) => ring.owns(event));
    if (owner === undefined) return failed.invalid;
    owner.settle(event, state);
    return undefined;
  };
}
