/**
 * Commands on many elements at once.
 *
 * A batch that fails has often done part of its work, and says how much in its attributes. So a failure is a result
 * as soon as the kernel has begun, and an error only when it has not: then the count is still the one that went in.
 * @module
 */
import type { BatchResult, Command, MapReadBatch, MapWriteBatch } from "../../kernel/commands.ts";
import { type Caller, isErrno } from "../call/caller.ts";
import type { Meanings, Operation } from "../call/failure.ts";
import { fdOf, rawOf } from "../fd.ts";
import { batch } from "../generated/attributes.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";
import { elementMeanings } from "../../kernel/map-meanings.ts";
import { lookupModeBits, updateModeBits } from "./map.ts";

const batchMeanings: Meanings = {
  ...elementMeanings,
  ENOSPC: {
    reason: "one bucket of the map holds more elements than the batch has room for",
    hint: "make the batch larger",
  },
};

/** Handlers of the batch commands. Minimum kernel 5.6. */
export const batchHandlers: SomeHandlers<
  "mapLookupBatch" | "mapLookupAndDeleteBatch" | "mapUpdateBatch" | "mapDeleteBatch"
> = {
  mapLookupBatch: (caller, attributes) => readBatch(caller, "mapLookupBatch", attributes),
  mapLookupAndDeleteBatch: (caller, attributes) =>
    readBatch(caller, "mapLookupAndDeleteBatch", attributes),
  mapUpdateBatch: (caller, attributes) => {
    const record = writeRecord(attributes).point(batch.values, attributes.values);
    return run(caller, "mapUpdateBatch", { record, ...attributes });
  },
  mapDeleteBatch: (caller, attributes) =>
    run(caller, "mapDeleteBatch", { record: writeRecord(attributes), ...attributes }),
};

function readBatch(caller: Caller, command: Command, attributes: MapReadBatch): BatchResult {
  const { map, inBatch, outBatch, keys, values, count, elemFlags } = attributes;
  const record = new KernelRecord(batch)
    .set(batch.mapFd, rawOf(map, "map"))
    .point(batch.inBatch, inBatch)
    .point(batch.outBatch, outBatch)
    .point(batch.keys, keys)
    .point(batch.values, values)
    .set(batch.count, count)
    .set(batch.elemFlags, lookupModeBits[elemFlags ?? "plain"]);
  return run(caller, command, { record, map, count, endsWithNotFound: true });
}

function writeRecord({ map, keys, count, elemFlags }: Omit<MapWriteBatch, "values">): KernelRecord {
  return new KernelRecord(batch)
    .set(batch.mapFd, rawOf(map, "map"))
    .point(batch.keys, keys)
    .set(batch.count, count)
    .set(batch.elemFlags, updateModeBits[elemFlags ?? "any"]);
}

/** A batch ready to be run. */
interface Batch {
  readonly record: KernelRecord;
  readonly map: MapReadBatch["map"];
  readonly count: number;
  /** Whether "no such element" means the end of the map, as for batches that read. */
  readonly endsWithNotFound?: boolean;
}

function run(
  caller: Caller,
  command: Command,
  { record, map, count, ...rest }: Batch,
): BatchResult {
  const result = caller.try(command, record);
  const moved = record.get(batch.count);
  if (result >= 0) return { count: moved, done: false };
  if (rest.endsWithNotFound === true && isErrno(result, "ENOENT"))
    return { count: moved, done: true };
  const operation: Operation = {
    text: `run ${command} on ${fdOf(map).label}`,
    meanings: batchMeanings,
  };
  const error = caller.failure(command, -result, operation);
  if (moved === count) throw error;
  return { count: moved, done: false, error };
}
