/**
 * Batches of elements (kernel/bpf/syscall.c, kernel/bpf/hashtab.c): which types of maps have which, and how far they come.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { BatchResult, Command, MapReadBatch, MapWriteBatch } from "../../kernel/commands.ts";
import { elementMeanings } from "../../kernel/map-meanings.ts";
import type { MapType } from "../../spec/words.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { KeyedStore } from "../map/keyed-store.ts";
import type { SimulatedMap } from "../map/simulated-map.ts";

/** Commands on several elements. */
export type BatchCommand =
  | "mapLookupBatch"
  | "mapLookupAndDeleteBatch"
  | "mapUpdateBatch"
  | "mapDeleteBatch";

const all: readonly BatchCommand[] = [
  "mapLookupBatch",
  "mapLookupAndDeleteBatch",
  "mapUpdateBatch",
  "mapDeleteBatch",
];
const withoutDeleting: readonly BatchCommand[] = ["mapLookupBatch", "mapUpdateBatch"];

/** What the operations of each type have: `map_lookup_batch` and the like. */
const supported: { readonly [Type in MapType]?: readonly BatchCommand[] } = {
  hash: all,
  percpu_hash: all,
  lru_hash: all,
  lru_percpu_hash: all,
  hash_of_maps: all,
  lpm_trie: ["mapLookupBatch", "mapUpdateBatch", "mapDeleteBatch"],
  array: withoutDeleting,
  percpu_array: withoutDeleting,
  array_of_maps: withoutDeleting,
};

/** Why the kernel does not begin: rights first, then whether the type has such batches, then flags. */
function refusalOf(
  map: SimulatedMap,
  command: BatchCommand,
  { elemFlags = "any" }: { readonly elemFlags?: string | undefined },
): number {
  const reads = command === "mapLookupBatch" || command === "mapLookupAndDeleteBatch";
  const writes = command !== "mapLookupBatch";
  if ((reads && !map.mayRead) || (writes && !map.mayWrite)) return failed.noPermission;
  if (supported[map.attributes.mapType]?.includes(command) !== true) return failed.notSupported;
  const isLocked = elemFlags === "locked" || elemFlags === "any-locked";
  if (isLocked) return map.hasLock ? 0 : failed.invalid;
  return elemFlags === "any" || command === "mapDeleteBatch" ? 0 : failed.invalid;
}

/** Elements from where the last batch ended; `outBatch` is the turn of the last one, or its key. */
export function readBatch(
  core: Core,
  command: "mapLookupBatch" | "mapLookupAndDeleteBatch",
  object: SimulatedMap,
  attributes: MapReadBatch,
): BatchResult {
  const refusal = refusalOf(object, command, attributes);
  if (refusal < 0) throw core.error(command, refusal, operationOf(command, object));
  const { inBatch, outBatch, keys, values, count } = attributes;
  const { store } = object;
  const byTurn = store instanceof KeyedStore && object.attributes.mapType !== "lpm_trie";
  const { keySize } = object.attributes;
  const size = object.userValueSize;
  const source = byTurn
    ? store.batch(inBatch === undefined ? 0 : viewOf(inBatch).getUint32(0, true))
    : walk(object, inBatch);
  let moved = 0;
  for (const { key, turn } of source) {
    if (moved === count) return { count: moved, done: false };
    const value = values.subarray(moved * size, (moved + 1) * size);
    if (object.read(key, value) < 0) continue;
    keys.set(key, moved * keySize);
    if (command === "mapLookupAndDeleteBatch") object.remove(key);
    if (byTurn) viewOf(outBatch).setUint32(0, turn, true);
    else outBatch.set(key);
    moved += 1;
  }
  return { count: moved, done: true };
}

/** The keys behind `from`, in order. */
function* walk(
  map: SimulatedMap,
  from: Uint8Array | undefined,
): Generator<{ readonly key: Uint8Array; readonly turn: 0 }, void> {
  const { keySize } = map.attributes;
  let last = from?.slice(0, keySize);
  for (;;) {
    const key = new Uint8Array(keySize);
    if (map.next(last, key) < 0) return;
    yield { key, turn: 0 };
    last = key;
  }
}

/** Changes elements one after the other with `write`, until one is refused. */
export function writeBatch(
  core: Core,
  command: "mapUpdateBatch" | "mapDeleteBatch",
  {
    object,
    batch,
  }: { readonly object: SimulatedMap; readonly batch: Omit<MapWriteBatch, "values"> },
  write: (key: Uint8Array, index: number) => number,
): BatchResult {
  const refusal = refusalOf(object, command, batch);
  if (refusal < 0) throw core.error(command, refusal, operationOf(command, object));
  const { keys, count } = batch;
  const { keySize } = object.attributes;
  for (let index = 0; index < count; index++) {
    const result = write(keys.subarray(index * keySize, (index + 1) * keySize), index);
    if (result >= 0) continue;
    const error = core.error(command, result, operationOf(command, object));
    return { count: index, done: false, error };
  }
  return { count, done: false };
}

function operationOf(
  command: Command,
  map: SimulatedMap,
): { readonly text: string; readonly meanings: typeof elementMeanings } {
  return { text: `run ${command} on ${map.label}`, meanings: elementMeanings };
}
