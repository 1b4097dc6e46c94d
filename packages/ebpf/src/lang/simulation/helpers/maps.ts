/**
 * Helpers on maps: what the methods of map specs do, by the kernel's names.
 * @module
 */
import { loadValue, memoryOf, storeValue } from "../../../layout/memory-object.ts";
import type { HelperFlags, KernelUpdateMode } from "../../../spec/kernel-side.ts";
import type { MapSpec } from "../../../spec/map-spec.ts";
import type { Source } from "../memory.ts";
import { failure } from "../status.ts";
import type { HelperTable, HelperWorld, SimulatedHelper } from "./helper-table.ts";

const modes: readonly KernelUpdateMode[] = ["any", "noexist", "exist"];

function modeOf(flags: HelperFlags): KernelUpdateMode {
  return modes[Number(flags) & 3] ?? "any";
}

/** Stores what was taken out of a map into an object in memory. */
function hand(value: unknown, to: object): number {
  if (value === undefined) return failure.noEntry;
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
  if (bytes === undefined) return failure.fault;
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
  mapUpdateElem: ({ maps }, ...[map, key, value, flags = 0]: UpdateArguments) =>
    maps.update(map, key, value, modeOf(flags)),
  mapDeleteElem: ({ maps }, map: MapSpec, key: unknown) => maps.delete(map, key),
  mapPushElem: ({ maps }, map: MapSpec, value: unknown, flags: HelperFlags = 0) =>
    maps.push(map, value, modeOf(flags)),
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
    maps.addSocket(map, ops, key, modeOf(flags)),
  sockHashUpdate: ({ maps }, ...[ops, map, key, flags = 0]: SocketArguments) =>
    maps.addSocket(map, ops, key, modeOf(flags)),
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
  const store = maps.elements(map);
  let called = 0;
  for (const element of store.elements()) {
    called++;
    const key = loadValue(store.spec.key, new DataView(element.key.buffer), 0);
    if (callback(map, key, store.reference(element, cpu), context)) break;
  }
  return called;
}

/** The C functions are not told which ring the event is of. */
function submitAnywhere(state: "submitted" | "discarded"): SimulatedHelper {
  return ({ maps }, event: unknown) => {
    const owner = maps.unsettled().find((ring) => ring.owns(event));
    if (owner === undefined) return failure.invalid;
    owner.settle(event, state);
    return undefined;
  };
}
