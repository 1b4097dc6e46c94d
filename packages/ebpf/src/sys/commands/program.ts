/**
 * Loading programs, and commands on loaded ones.
 * @module
 */
import { littleEndian, viewOf, zeroTerminated } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { plural } from "../../base/text.ts";
import type { ProgLoad, RecordTable } from "../../kernel/commands.ts";
import type { Handle } from "../../kernel/handle.ts";
import { associateMeanings } from "../../kernel/map-meanings.ts";
import { programOffloadMeanings } from "../../kernel/offload-meanings.ts";
import { attachTypeSince, programTypeSince } from "../../kernel/since.ts";
import type { Meanings, Operation, Requirement } from "../call/failure.ts";
import { fdOf, rawOf } from "../fd.ts";
import { bitsOf, numberOf } from "../call/flags.ts";
import {
  progAssocStructOps,
  progBindMap,
  progLoad,
  progStreamRead,
} from "../generated/attributes.ts";
import {
  attachTypeNumbers,
  programFlagBits,
  programTypeNumbers,
  streamNumbers,
} from "../generated/constants.ts";
import { programCapabilities } from "../call/permission.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";

const instructionBytes = 8;

const loadMeanings: Meanings = {
  EACCES: { kind: "other", reason: "the verifier rejected it" },
  EINVAL: { reason: "the verifier or an attribute is to blame; the log tells when there is one" },
  E2BIG: { reason: "it has too many instructions, or takes too many steps to verify" },
  ENOSPC: { reason: "the verifier's log does not fit into its buffer" },
  ENOENT: { reason: "something it refers to does not exist" },
  EBADF: { reason: "a descriptor it refers to is not of the right kind" },
};

/** Handlers of `progLoad` and of small commands on programs. */
export const programHandlers: SomeHandlers<
  "progLoad" | "progBindMap" | "progAssocStructOps" | "progStreamReadByFd"
> = {
  progLoad: (caller, attributes) => {
    const { progName, progType, log } = attributes;
    const record = loadRecord(attributes);
    const label = progName === undefined ? `${progType} program` : `program "${progName}"`;
    const describe = (): Operation => ({
      text: `load ${label}`,
      needs: programCapabilities(progType),
      requires: requirementsOf(attributes),
      meanings: { ...loadMeanings, ...programOffloadMeanings(attributes) },
    });
    try {
      return caller.open("progLoad", record, { kind: "program", label, describe });
    } finally {
      const trueSize = record.get(progLoad.logTrueSize);
      if (log !== undefined && trueSize > 0) log.trueSize = trueSize;
    }
  },
  progBindMap: (caller, { prog, map }) => {
    const record = new KernelRecord(progBindMap)
      .set(progBindMap.progFd, rawOf(prog, "program"))
      .set(progBindMap.mapFd, rawOf(map, "map"));
    caller.call("progBindMap", record, () => ({
      text: `bind ${fdOf(map).label} to ${fdOf(prog).label}`,
    }));
  },
  progAssocStructOps: (caller, { prog, map }) => {
    const record = new KernelRecord(progAssocStructOps)
      .set(progAssocStructOps.mapFd, rawOf(map, "map"))
      .set(progAssocStructOps.progFd, rawOf(prog, "program"));
    caller.call("progAssocStructOps", record, () => ({
      text: `associate ${fdOf(prog).label} with ${fdOf(map).label}`,
      meanings: associateMeanings,
    }));
  },
  progStreamReadByFd: (caller, { prog, streamId, buffer }) => {
    const record = new KernelRecord(progStreamRead)
      .point(progStreamRead.streamBuf, buffer)
      .set(progStreamRead.streamBufLen, buffer.length)
      .set(progStreamRead.streamId, numberOf(streamNumbers, streamId, "the stream of a program"))
      .set(progStreamRead.progFd, rawOf(prog, "program"));
    const length = caller.call("progStreamReadByFd", record, () => ({
      text: `read ${streamId} of ${fdOf(prog).label}`,
    }));
    return { length };
  },
};

/** First version that takes flag `xdp_dev_bound_only`. */
const boundOnlySince = [6, 3] as const;

function requirementsOf({
  progType,
  expectedAttachType,
  progFlags = [],
}: ProgLoad): readonly Requirement[] {
  const feature = "XDP programs that are for one interface alone";
  const bound = progFlags.includes("xdp_dev_bound_only")
    ? [{ feature, since: boundOnlySince }]
    : [];
  const type = { feature: `programs of type ${progType}`, since: programTypeSince[progType] };
  if (expectedAttachType === undefined) return [type, ...bound];
  const attach = {
    feature: `attach type ${expectedAttachType}`,
    since: attachTypeSince[expectedAttachType],
  };
  return [type, attach, ...bound];
}

function loadRecord(attributes: ProgLoad): KernelRecord {
  const { insns, log, progBtf, attachProg, attachBtfObj, progToken, signature } = attributes;
  const { expectedAttachType, fdArray } = attributes;
  if (attachProg !== undefined && attachBtfObj !== undefined) {
    throw new InvalidArgumentError(
      "a program is for another program or for a BTF object, not both",
    );
  }
  const record = new KernelRecord(progLoad)
    .set(
      progLoad.progType,
      numberOf(programTypeNumbers, attributes.progType, "the type of a program"),
    )
    .set(progLoad.insnCnt, insns.length / instructionBytes)
    .point(progLoad.insns, withDescriptors(insns, attributes))
    .point(progLoad.license, zeroTerminated(attributes.license))
    .set(progLoad.logLevel, log?.level)
    .set(progLoad.logSize, log?.buffer.length)
    .point(progLoad.logBuf, log?.buffer)
    .set(progLoad.kernVersion, attributes.kernVersion)
    .set(progLoad.progFlags, loadFlags(attributes))
    .setText(progLoad.progName, attributes.progName)
    .set(progLoad.progIfindex, attributes.progIfindex)
    .set(
      progLoad.expectedAttachType,
      attributes.structOpsMember ??
        (expectedAttachType &&
          numberOf(attachTypeNumbers, expectedAttachType, "the expected attach type")),
    )
    .set(progLoad.progBtfFd, progBtf && rawOf(progBtf, "btf"))
    .set(progLoad.attachBtfId, attributes.attachBtfId)
    .set(progLoad.attachProgFd, attachProg && rawOf(attachProg, "program"))
    .set(progLoad.attachBtfObjFd, attachBtfObj && rawOf(attachBtfObj, "btf"))
    .set(progLoad.progTokenFd, progToken && rawOf(progToken, "token"))
    .point(progLoad.fdArray, fdArray && numbersOf(fdArray))
    .point(progLoad.signature, signature)
    .set(progLoad.signatureSize, signature?.length)
    .set(progLoad.keyringId, attributes.keyringId);
  return setTables(record, attributes);
}

function setTables(
  record: KernelRecord,
  { funcInfo, lineInfo, coreRelos }: ProgLoad,
): KernelRecord {
  return record
    .set(progLoad.funcInfoRecSize, funcInfo?.recordSize)
    .point(progLoad.funcInfo, funcInfo?.bytes)
    .set(progLoad.funcInfoCnt, recordsIn(funcInfo))
    .set(progLoad.lineInfoRecSize, lineInfo?.recordSize)
    .point(progLoad.lineInfo, lineInfo?.bytes)
    .set(progLoad.lineInfoCnt, recordsIn(lineInfo))
    .set(progLoad.coreReloRecSize, coreRelos?.recordSize)
    .point(progLoad.coreRelos, coreRelos?.bytes)
    .set(progLoad.coreReloCnt, recordsIn(coreRelos));
}

function recordsIn(table: RecordTable | undefined): number | undefined {
  return table && table.bytes.length / table.recordSize;
}

function loadFlags({ progFlags, progToken }: ProgLoad): number {
  const bits = bitsOf(programFlagBits, progFlags);
  return progToken === undefined ? bits : bits | programFlagBits.token_fd;
}

/** `int fd_array[]`. */
function numbersOf(handles: readonly Handle[]): Uint8Array {
  return new Uint8Array(Int32Array.from(handles, (handle) => rawOf(handle)).buffer);
}

const wideLoad = 0x18;

/**
 * A copy of the instructions in which maps, and modules with variables, are named by descriptor instead of by index, as
 * every kernel takes it.
 *
 * A wide load is told by its opcode, what its immediate means by the source register (RFC 9669, 5.4):
 * 5 and 6 are an index, of a map or of a value in one, 1 and 2 the same with a descriptor. 3 is a variable of the kernel,
 * or of the module that the immediate of the second slot tells, 0 for none.
 *
 *      byte 0     byte 1      2..3      4..7
 *     +--------+-----+-----+--------+-----------+
 *     | opcode | src | dst | offset | immediate |   src and dst change places on big-endian machines
 *     +--------+-----+-----+--------+-----------+
 */
function withDescriptors(insns: Uint8Array, { maps = [], fdArray = [] }: ProgLoad): Uint8Array {
  const copy = insns.slice();
  const view = viewOf(copy);
  for (let at = 0; at < copy.length; at += instructionBytes) {
    if (copy[at] !== wideLoad) continue;
    const registers = copy[at + 1]!;
    const source = littleEndian ? registers >> 4 : registers & 0xf;
    if (source === 5 || source === 6) {
      const map = mapAt(maps, view.getInt32(at + 4, littleEndian));
      copy[at + 1] = registers - (littleEndian ? 4 << 4 : 4);
      view.setInt32(at + 4, rawOf(map, "map"), littleEndian);
    }
    const module = source === 3 ? view.getInt32(at + 12, littleEndian) : 0;
    if (module !== 0) view.setInt32(at + 12, rawOf(fdArray[module]!, "btf"), littleEndian);
    at += instructionBytes;
  }
  return copy;
}

function mapAt(maps: readonly Handle[], index: number): Handle {
  const map = maps[index];
  if (map !== undefined) return map;
  throw new InvalidArgumentError(
    `the program names map ${index}, but has ${plural(maps.length, "map")}`,
  );
}
