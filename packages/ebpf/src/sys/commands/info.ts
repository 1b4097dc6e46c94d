/**
 * What the kernel tells of an object: the structs `bpf_…_info`, decoded.
 *
 * Names and lists lie outside the structs. A first call tells which and how long they are, a second one brings them.
 * @module
 */
import { cString, hex } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { BtfId, HandleKind, MapId, ProgramId } from "../../kernel/handle.ts";
import type { BtfInfo, MapInfo, ObjectInfo, ProgramInfo } from "../../kernel/info.ts";
import type { Caller } from "../call/caller.ts";
import { type Fd, fdOf } from "../fd.ts";
import { wordOf } from "../call/flags.ts";
import { btfInfo, info, mapInfo, progInfo } from "../generated/attributes.ts";
import { mapTypeNumbers, programTypeNumbers } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";
import { type Fetch, readLinkInfo } from "./link-info.ts";

/** The handler of `objGetInfoByFd`. Minimum kernel 4.13; links 5.8. */
export const infoHandlers: SomeHandlers<"objGetInfoByFd"> = {
  objGetInfoByFd: (caller, { object }) => {
    const fd = fdOf(object);
    const reader = readers[fd.kind];
    if (reader === undefined)
      throw new InvalidArgumentError(`the kernel tells nothing of ${fd.label}`);
    return reader((record) => fetchInfo(caller, fd, record));
  },
};

const readers: { readonly [Kind in HandleKind]?: (fetch: Fetch) => ObjectInfo } = {
  map: readMapInfo,
  program: readProgramInfo,
  link: readLinkInfo,
  btf: readBtfInfo,
};

/** Pointers inside of what is pointed to are stored like those of the attributes. */
function fetchInfo(caller: Caller, fd: Fd, record: KernelRecord): KernelRecord {
  const call = new KernelRecord(info)
    .set(info.bpfFd, fd.raw)
    .set(info.infoLen, record.bytes.length)
    .point(info.info, record.bytes)
    .pointAlong(record);
  caller.call("objGetInfoByFd", call, () => ({
    text: `ask about ${fd.label}`,
    meanings: { EINVAL: { reason: "the kernel tells nothing of such objects" } },
  }));
  return record;
}

function readMapInfo(fetch: Fetch): MapInfo {
  const record = fetch(new KernelRecord(mapInfo));
  return {
    kind: "map",
    id: record.get(mapInfo.id) as MapId,
    type: wordOf(mapTypeNumbers, record.get(mapInfo.type)),
    name: record.getText(mapInfo.name),
    keySize: record.get(mapInfo.keySize),
    valueSize: record.get(mapInfo.valueSize),
    maxEntries: record.get(mapInfo.maxEntries),
    flags: record.get(mapInfo.mapFlags),
    interfaceIndex: record.get(mapInfo.ifindex),
    btfId: record.get(mapInfo.btfId) as BtfId,
    btfKeyTypeId: record.get(mapInfo.btfKeyTypeId),
    btfValueTypeId: record.get(mapInfo.btfValueTypeId),
    btfVmlinuxValueTypeId: record.get(mapInfo.btfVmlinuxValueTypeId),
    mapExtra: record.getBig(mapInfo.mapExtra),
  };
}

function readProgramInfo(fetch: Fetch): ProgramInfo {
  const record = fetch(new KernelRecord(progInfo));
  return {
    kind: "program",
    id: record.get(progInfo.id) as ProgramId,
    type: wordOf(programTypeNumbers, record.get(progInfo.type)),
    name: record.getText(progInfo.name),
    tag: hex(record.getBytes(progInfo.tag)),
    gplCompatible: (record.get(progInfo.gplCompatible) & 1) === 1,
    jitedLength: record.get(progInfo.jitedProgLen),
    translatedLength: record.get(progInfo.xlatedProgLen),
    loadTimeNs: record.getBig(progInfo.loadTime),
    createdByUid: record.get(progInfo.createdByUid),
    mapIds: readMapIds(fetch, record.get(progInfo.nrMapIds)),
    interfaceIndex: record.get(progInfo.ifindex),
    btfId: record.get(progInfo.btfId) as BtfId,
    attachBtfObjectId: record.get(progInfo.attachBtfObjId) as BtfId,
    attachBtfTypeId: record.get(progInfo.attachBtfId),
    runTimeNs: record.getBig(progInfo.runTimeNs),
    runCount: record.getBig(progInfo.runCnt),
    recursionMisses: record.getBig(progInfo.recursionMisses),
    verifiedInstructions: record.get(progInfo.verifiedInsns),
  };
}

function readMapIds(fetch: Fetch, count: number): readonly MapId[] {
  if (count === 0) return [];
  const ids = new Uint32Array(count);
  const record = new KernelRecord(progInfo)
    .set(progInfo.nrMapIds, count)
    .point(progInfo.mapIds, new Uint8Array(ids.buffer));
  const told = fetch(record).get(progInfo.nrMapIds);
  return [...ids.subarray(0, Math.min(told, count))] as MapId[];
}

/** Modules have names of at most 55 bytes (MODULE_NAME_LEN). */
const btfNameBytes = 64;

function readBtfInfo(fetch: Fetch): BtfInfo {
  const name = new Uint8Array(btfNameBytes);
  const record = fetch(
    new KernelRecord(btfInfo).point(btfInfo.name, name).set(btfInfo.nameLen, btfNameBytes),
  );
  return {
    kind: "btf",
    id: record.get(btfInfo.id) as BtfId,
    name: cString(name),
    sizeBytes: record.get(btfInfo.btfSize),
    kernelBtf: record.get(btfInfo.kernelBtf) !== 0,
  };
}
