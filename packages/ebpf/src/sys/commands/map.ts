/**
 * Commands on maps and on single elements.
 * @module
 */
import type { ElementWords, MapCreate, MapUpdate } from "../../kernel/commands.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { LookupMode, UpdateMode } from "../../kernel/kernel.ts";
import {
  createMeanings,
  elementMeanings,
  freezeMeanings,
  objectMeanings,
} from "../../kernel/map-meanings.ts";
import { mapOffloadRequirements } from "../../kernel/offload-meanings.ts";
import { mapTypeSince } from "../../kernel/since.ts";
import type { Operation, Requirement } from "../call/failure.ts";
import { fdOf, rawOf } from "../fd.ts";
import { bitsOf, numberOf } from "../call/flags.ts";
import { mapCreate, mapElement } from "../generated/attributes.ts";
import { elementFlagBits, mapFlagBits, mapTypeNumbers } from "../generated/constants.ts";
import { mapCapabilities } from "../call/permission.ts";
import { assertFits, KernelRecord } from "../call/record.ts";
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
    const { mapName, mapType, mapIfindex } = attributes;
    const label = mapName === undefined ? `${mapType} map` : `map "${mapName}"`;
    const describe = (): Operation => ({
      text: `create ${label}`,
      needs: mapIfindex === undefined ? mapCapabilities(mapType) : ["CAP_SYS_ADMIN"],
      requires: [
        { feature: `maps of type ${mapType}`, since: mapTypeSince[mapType] },
        ...mapOffloadRequirements(attributes),
      ],
      meanings: createMeanings(attributes),
    });
    return caller.open("mapCreate", createRecord(attributes), { kind: "map", label, describe });
  },
  mapLookupElem: (caller, attributes) => {
    const bits = lookupModeBits[attributes.flags ?? "plain"];
    const record = elementRecord(attributes).set(mapElement.flags, withCpu(bits, attributes.cpu));
    caller.call("mapLookupElem", record, () => ({
      ...elementOperation("look up", attributes.map),
      requires: cpuRequirements(attributes.cpu),
    }));
  },
  mapUpdateElem: (caller, attributes) => {
    const bits = updateModeBits[attributes.flags ?? "any"];
    const record = elementRecord(attributes).set(mapElement.flags, withCpu(bits, attributes.cpu));
    caller.call("mapUpdateElem", record, () => ({
      ...elementOperation("update", attributes.map),
      ...(attributes.value instanceof Uint8Array ? {} : { meanings: objectMeanings }),
      requires: cpuRequirements(attributes.cpu),
    }));
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
      meanings: freezeMeanings,
    }));
  },
};

function createRecord(attributes: MapCreate): KernelRecord {
  const { innerMap, btf, valueTypeBtfObj, mapToken, exclProgHash } = attributes;
  return new KernelRecord(mapCreate)
    .set(mapCreate.mapType, numberOf(mapTypeNumbers, attributes.mapType, "the type of a map"))
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

/**
 * Bytes as they are, or words with the descriptors of their handles.
 * @throws {InvalidArgumentError} for a word that is not whole, or of more than 32 bits.
 */
export function elementBytes(data: Uint8Array | ElementWords): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const words = data.map((word) => {
    if (typeof word !== "number") return rawOf(word);
    assertFits(word, 32);
    return word;
  });
  return new Uint8Array(Uint32Array.from(words).buffer);
}

/**
 * Flags of an operation on the values of some CPUs only (include/uapi/linux/bpf.h, BPF_F_CPU).
 *
 *     63           32 31                5   4   3   2   1 0
 *     [ number of CPU ]                 | all|cpu|lock|mode |
 */
function withCpu(bits: number, cpu: number | "all" | undefined): bigint {
  if (cpu === undefined) return BigInt(bits);
  if (cpu === "all") return BigInt(bits | elementFlagBits.all_cpus);
  return (BigInt(cpu) << 32n) | BigInt(bits | elementFlagBits.cpu);
}

function cpuRequirements(cpu: number | "all" | undefined): readonly Requirement[] {
  return cpu === undefined ? [] : [{ feature: "per-CPU values of one CPU", since: [7, 0] }];
}

function elementOperation(verb: string, map: Handle): Operation {
  return { text: `${verb} an element of ${fdOf(map).label}`, meanings: elementMeanings };
}
