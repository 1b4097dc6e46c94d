/**
 * Commands on maps and on single elements.
 * @module
 */
import type { ElementWords, MapCreate, MapUpdate } from "../../kernel/commands.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { LookupMode, UpdateMode } from "../../kernel/kernel.ts";
import type { MapType } from "../../spec/words.ts";
import { mapTypeSince } from "../../kernel/since.ts";
import type { Meanings, Operation } from "../call/failure.ts";
import { fdOf, rawOf } from "../fd.ts";
import { bitsOf } from "../call/flags.ts";
import { mapCreate, mapElement } from "../generated/attributes.ts";
import { elementFlagBits, mapFlagBits, mapTypeNumbers } from "../generated/constants.ts";
import { mapCapabilities } from "../call/permission.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";

/** Flags of an update by its mode. */
export const updateModeBits: { readonly [Mode in UpdateMode]: number } = {
  any: elementFlagBits.any,
  noexist: elementFlagBits.noexist,
  exist: elementFlagBits.exist,
  "any-locked": elementFlagBits.any | elementFlagBits.lock,
  "noexist-locked": elementFlagBits.noexist | elementFlagBits.lock,
  "exist-locked": elementFlagBits.exist | elementFlagBits.lock,
};

/** Flags of a lookup by its mode. */
export const lookupModeBits: { readonly [Mode in LookupMode]: number } = {
  plain: elementFlagBits.any,
  locked: elementFlagBits.lock,
};

/** What errors of element operations mean, whichever way they are made. */
export const elementMeanings: Meanings = {
  ENOENT: { reason: "there is no such element" },
  EEXIST: { reason: "the element is there already" },
  E2BIG: { reason: "the map is full, or the index is outside of it" },
  ENOMEM: { reason: "out of memory for another element" },
  EBUSY: { reason: "a program is working on the same bucket", kind: "transient" },
  EPERM: {
    reason: "the map is frozen, or open only for reading or only for writing",
    hint: "a frozen map takes no changes from user space; rdonly and wronly maps take one direction",
  },
  EINVAL: { reason: "this kind of map does not take these flags, or not this operation" },
  ENOTSUPP: { feature: "this operation on this kind of map" },
  EOPNOTSUPP: { feature: "this operation on this kind of map" },
};

function createMeanings(type: MapType): Meanings {
  const hint = sizeRules[type];
  const reason = "this kind of map does not take these sizes or flags";
  return {
    EINVAL: { reason, ...(hint === undefined ? {} : { hint }) },
    E2BIG: { reason: "keys, values or the map are larger than the kernel takes" },
  };
}

const indexed = "its keys are indexes of 4 bytes";
const inPages =
  "its size is a power of two and a multiple of the page, it has neither keys nor values";
const sizeRules: { readonly [T in MapType]?: string } = {
  array: indexed,
  percpu_array: indexed,
  prog_array: `${indexed}, its values descriptors of 4 bytes`,
  perf_event_array: `${indexed}, its values descriptors of 4 bytes`,
  array_of_maps: `${indexed}, and it needs an inner map`,
  hash_of_maps: "it needs an inner map",
  ringbuf: inPages,
  user_ringbuf: inPages,
  queue: "it has no keys",
  stack: "it has no keys",
  bloom_filter: "it has no keys",
  lpm_trie: 'its keys begin with 4 bytes for the length, and it needs the flag "no_prealloc"',
  arena: 'it has neither keys nor values, and needs the flag "mmapable"',
  struct_ops: "it needs BTF of its own, and the type of its value in the kernel's",
};

/** Handlers of `mapCreate` and of operations on single elements. */
export const mapHandlers: SomeHandlers<
  | "mapCreate"
  | "mapLookupElem"
  | "mapUpdateElem"
  | "mapDeleteElem"
  | "mapGetNextKey"
  | "mapLookupAndDeleteElem"
  | "mapFreeze"
> = {
  mapCreate: (caller, attributes) => {
    const { mapName, mapType } = attributes;
    const label = mapName === undefined ? `${mapType} map` : `map "${mapName}"`;
    const describe = (): Operation => ({
      text: `create ${label}`,
      needs: mapCapabilities(mapType),
      requires: [{ feature: `maps of type ${mapType}`, since: mapTypeSince[mapType] }],
      meanings: createMeanings(mapType),
    });
    return caller.open("mapCreate", createRecord(attributes), { kind: "map", label, describe });
  },
  mapLookupElem: (caller, attributes) => {
    const record = elementRecord(attributes).set(
      mapElement.flags,
      lookupModeBits[attributes.flags ?? "plain"],
    );
    caller.call("mapLookupElem", record, () => elementOperation("look up", attributes.map));
  },
  mapUpdateElem: (caller, attributes) => {
    const record = elementRecord(attributes).set(
      mapElement.flags,
      updateModeBits[attributes.flags ?? "any"],
    );
    caller.call("mapUpdateElem", record, () => elementOperation("update", attributes.map));
  },
  mapDeleteElem: (caller, { map, key }) => {
    const record = new KernelRecord(mapElement)
      .set(mapElement.mapFd, rawOf(map, "map"))
      .point(mapElement.key, elementBytes(key));
    caller.call("mapDeleteElem", record, () => elementOperation("delete", map));
  },
  mapGetNextKey: (caller, { map, key, nextKey }) => {
    const record = new KernelRecord(mapElement)
      .set(mapElement.mapFd, rawOf(map, "map"))
      .point(mapElement.key, key)
      .point(mapElement.nextKey, nextKey);
    caller.call("mapGetNextKey", record, () => ({
      text: `find the next key of ${fdOf(map).label}`,
      meanings: { ...elementMeanings, ENOENT: { reason: "there is no key behind this one" } },
    }));
  },
  mapLookupAndDeleteElem: (caller, attributes) => {
    const record = elementRecord(attributes).set(
      mapElement.flags,
      lookupModeBits[attributes.flags ?? "plain"],
    );
    caller.call("mapLookupAndDeleteElem", record, () =>
      elementOperation("look up and delete", attributes.map),
    );
  },
  mapFreeze: (caller, { map }) => {
    const record = new KernelRecord(mapElement).set(mapElement.mapFd, rawOf(map, "map"));
    caller.call("mapFreeze", record, () => ({
      text: `freeze ${fdOf(map).label}`,
      meanings: {
        EBUSY: { reason: "somebody has it mapped for writing" },
        EPERM: { reason: "it is frozen already, or open only for reading" },
      },
    }));
  },
};

function createRecord(attributes: MapCreate): KernelRecord {
  const { innerMap, btf, valueTypeBtfObj, mapToken, exclProgHash } = attributes;
  return new KernelRecord(mapCreate)
    .set(mapCreate.mapType, mapTypeNumbers[attributes.mapType])
    .set(mapCreate.keySize, attributes.keySize)
    .set(mapCreate.valueSize, attributes.valueSize)
    .set(mapCreate.maxEntries, attributes.maxEntries)
    .set(mapCreate.mapFlags, createFlags(attributes))
    .set(mapCreate.innerMapFd, innerMap && rawOf(innerMap, "map"))
    .set(mapCreate.numaNode, attributes.numaNode)
    .setText(mapCreate.mapName, attributes.mapName)
    .set(mapCreate.mapIfindex, attributes.mapIfindex)
    .set(mapCreate.btfFd, btf && rawOf(btf, "btf"))
    .set(mapCreate.btfKeyTypeId, attributes.btfKeyTypeId)
    .set(mapCreate.btfValueTypeId, attributes.btfValueTypeId)
    .set(mapCreate.btfVmlinuxValueTypeId, attributes.btfVmlinuxValueTypeId)
    .set(mapCreate.mapExtra, attributes.mapExtra)
    .set(mapCreate.valueTypeBtfObjFd, valueTypeBtfObj && rawOf(valueTypeBtfObj, "btf"))
    .set(mapCreate.mapTokenFd, mapToken && rawOf(mapToken, "token"))
    .point(mapCreate.exclProgHash, exclProgHash)
    .set(mapCreate.exclProgHashSize, exclProgHash?.length);
}

/** The flags given, and those that say that another attribute is. */
function createFlags({ mapFlags, numaNode, valueTypeBtfObj, mapToken }: MapCreate): number {
  let bits = bitsOf(mapFlagBits, mapFlags);
  if (numaNode !== undefined) bits |= mapFlagBits.numa_node;
  if (valueTypeBtfObj !== undefined) bits |= mapFlagBits.vtype_btf_obj_fd;
  if (mapToken !== undefined) bits |= mapFlagBits.token_fd;
  return bits;
}

function elementRecord({ map, key, value }: Omit<MapUpdate, "flags">): KernelRecord {
  return new KernelRecord(mapElement)
    .set(mapElement.mapFd, rawOf(map, "map"))
    .point(mapElement.key, elementBytes(key))
    .point(mapElement.value, elementBytes(value));
}

/** Bytes as they are, or words with the descriptors of their handles. */
export function elementBytes(data: Uint8Array | ElementWords): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const words = data.map((word) => (typeof word === "number" ? word : rawOf(word)));
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function elementOperation(verb: string, map: Handle): Operation {
  return { text: `${verb} an element of ${fdOf(map).label}`, meanings: elementMeanings };
}
