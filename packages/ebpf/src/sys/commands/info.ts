/**
 * What the kernel tells of an object: the structs `bpf_…_info`, decoded.
 *
 * Names and lists lie outside the structs. A first call tells which and how long they are, a second one brings them.
 * @module
 */
import { cString, hex } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { BtfId, HandleKind, MapId, ProgramId } from "../../kernel/handle.ts";
import type { ObjGetInfo } from "../../kernel/commands.ts";
import type {
  BtfInfo,
  MapInfo,
  NamespaceFile,
  ObjectInfo,
  ProgramInfo,
} from "../../kernel/info.ts";
import type { Caller } from "../call/caller.ts";
import { type Fd, fdOf } from "../fd.ts";
import { wordOf, wordsOf } from "../call/flags.ts";
import { btfInfo, info, mapInfo, progInfo } from "../generated/attributes.ts";
import { mapFlagBits, mapTypeNumbers, programTypeNumbers } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";
import { type Fetch, readLinkInfo } from "./link-info.ts";
import { readContents } from "./program-contents.ts";

/** The handler of `objGetInfoByFd`. Minimum kernel 4.13; links 5.8. */
export const infoHandlers: SomeHandlers<"objGetInfoByFd"> = {
  objGetInfoByFd: (caller, { object, contents }) => {
    const fd = fdOf(object);
    const reader = readers[fd.kind];
    if (reader === undefined)
      throw new InvalidArgumentError(`the kernel tells nothing of ${fd.label}`);
    return reader((record) => fetchInfo(caller, fd, record), contents);
  },
};

type Reader = (fetch: Fetch, contents: ObjGetInfo["contents"]) => ObjectInfo;

const readers: { readonly [Kind in HandleKind]?: Reader } = {
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
    flags: wordsOf(mapFlagBits, record.get(mapInfo.mapFlags)),
    interfaceIndex: record.get(mapInfo.ifindex),
    netNamespace: namespaceIn(record, mapInfo),
    btfId: record.get(mapInfo.btfId) as BtfId,
    btfKeyTypeId: record.get(mapInfo.btfKeyTypeId),
    btfValueTypeId: record.get(mapInfo.btfValueTypeId),
    btfVmlinuxId: record.get(mapInfo.btfVmlinuxId) as BtfId,
    btfVmlinuxValueTypeId: record.get(mapInfo.btfVmlinuxValueTypeId),
    mapExtra: record.getBig(mapInfo.mapExtra),
  };
}

function namespaceIn(
  record: KernelRecord,
  layout: typeof mapInfo | typeof progInfo,
): NamespaceFile {
  return { device: record.getBig(layout.netnsDev), inode: record.getBig(layout.netnsIno) };
}

function readProgramInfo(fetch: Fetch, contents: ObjGetInfo["contents"]): ProgramInfo {
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
    netNamespace: namespaceIn(record, progInfo),
    btfId: record.get(progInfo.btfId) as BtfId,
    attachBtfObjectId: record.get(progInfo.attachBtfObjId) as BtfId,
    attachBtfTypeId: record.get(progInfo.attachBtfId),
    runTimeNs: record.getBig(progInfo.runTimeNs),
    runCount: record.getBig(progInfo.runCnt),
    recursionMisses: record.getBig(progInfo.recursionMisses),
    verifiedInstructions: record.get(progInfo.verifiedInsns),
    ...(contents === undefined ? {} : { contents: readContents(fetch, record) }),
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

function readBtfInfo(fetch: Fetch, contents: ObjGetInfo["contents"]): BtfInfo {
  const record = fetch(new KernelRecord(btfInfo));
  const sizeBytes = record.get(btfInfo.btfSize);
  return {
    kind: "btf",
    id: record.get(btfInfo.id) as BtfId,
    name: readBtfName(fetch, record.get(btfInfo.nameLen)),
    sizeBytes,
    kernelBtf: record.get(btfInfo.kernelBtf) !== 0,
    ...(contents === undefined ? {} : { contents: readBtf(fetch, sizeBytes) }),
  };
}

/** Kernels before 5.11 know of no names, and refuse a pointer to where one would go. */
function readBtfName(fetch: Fetch, length: number): string {
  if (length === 0) return "";
  const name = new Uint8Array(length + 1);
  fetch(new KernelRecord(btfInfo).point(btfInfo.name, name).set(btfInfo.nameLen, name.length));
  return cString(name);
}

function readBtf(fetch: Fetch, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  fetch(new KernelRecord(btfInfo).point(btfInfo.btf, bytes).set(btfInfo.btfSize, sizeBytes));
  return bytes;
}
