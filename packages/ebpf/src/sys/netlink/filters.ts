/**
 * Filters of traffic control that are programs: listed, added, replaced, removed (net/sched/cls_bpf.c).
 *
 *        tcm_info:  31         16 15          0
 *                  +-------------+-------------+
 *                  |  priority   |  protocol   |     the protocol in network order
 *                  +-------------+-------------+
 * @module
 */
import { assertWhole } from "../../base/arguments.ts";
import { cString, littleEndian } from "../../base/bytes.ts";
import { isNotFound } from "../../kernel/errors.ts";
import type { ProgramId } from "../../kernel/handle.ts";
import type {
  Filter,
  FilterId,
  FilterPlace,
  KnownFilter,
  NewFilter,
} from "../../kernel/network.ts";
import { filterOffloadMeaning } from "../../kernel/offload-meanings.ts";
import { type FilterHardware, filterHardware } from "../../spec/network-target.ts";
import type { Caller } from "../call/caller.ts";
import type { Meanings, Operation } from "../call/failure.ts";
import { numberOf } from "../call/flags.ts";
import { KernelRecord } from "../call/record.ts";
import { fdOf, rawOf } from "../fd.ts";
import { trafficMessage } from "../generated/attributes.ts";
import {
  classifierAttributeNumbers,
  routeMessageNumbers,
  trafficAttributeNumbers,
} from "../generated/constants.ts";
import {
  concatenate,
  decodeAttributes,
  decodeNumber,
  encodeNested,
  encodeNumber,
  encodeText,
  type NetlinkMessage,
} from "./message.ts";
import { messageFlags, NetlinkSocket } from "./socket.ts";

// include/uapi/linux/pkt_sched.h: TC_H_CLSACT with TC_H_MIN_INGRESS or TC_H_MIN_EGRESS.
const sides = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
/** TCM_IFINDEX_MAGIC_BLOCK of include/uapi/linux/rtnetlink.h: the parent is the number of a block. */
const blockIndex = 0xffff_ffff;
/** TCA_BPF_FLAG_ACT_DIRECT of include/uapi/linux/pkt_cls.h. */
const directActionBit = 1;
/** TCA_CLS_FLAGS_SKIP_HW, _SKIP_SW and _IN_HW of include/uapi/linux/pkt_cls.h. */
const hardwareBits: { readonly [Hardware in FilterHardware]: number } = { skip_hw: 1, skip_sw: 2 };
const inHardwareBit = 4;
/** ETH_P_ALL of include/uapi/linux/if_ether.h. */
const allProtocols = 3;

/** The filters at a place, in the kernel's order. */
export function listFilters(caller: Caller, place: FilterPlace): readonly Filter[] {
  using socket = NetlinkSocket.open(caller);
  const messages = socket.request(
    {
      type: routeMessageNumbers.gettfilter,
      flags: messageFlags.request | messageFlags.dump,
      body: headOf(place, { priority: 0, handle: 0, protocol: 0 }),
    },
    { text: `list the filters at ${wordsOf(place)}`, meanings },
  );
  // The kernel tells a priority once by itself, without a handle, before its filters.
  return messages.map(decodeFilter).filter(({ handle }) => handle !== 0);
}

/** Adds a filter, or replaces the one with the same priority and handle. */
export function addFilter(caller: Caller, place: FilterPlace, filter: NewFilter): FilterId {
  const { priority = 0, handle = 0, protocol = allProtocols } = filter;
  using socket = NetlinkSocket.open(caller);
  const { request, create, exclusive, replace, echo } = messageFlags;
  const [added] = socket.request(
    {
      type: routeMessageNumbers.newtfilter,
      flags: request | echo | create | (filter.replace ? replace : exclusive),
      body: concatenate([headOf(place, { priority, handle, protocol }), ...programParts(filter)]),
    },
    addOperation(place, filter),
  );
  return decodeFilter(added!);
}

/** Removes a filter; false when it is not there, another program, or nothing is there that it could be in. */
export function removeFilter(caller: Caller, place: FilterPlace, known: KnownFilter): boolean {
  using socket = NetlinkSocket.open(caller);
  try {
    if (!listFilters(caller, place).some((filter) => isKnown(filter, known))) return false;
    socket.request(
      {
        type: routeMessageNumbers.deltfilter,
        flags: messageFlags.request | messageFlags.acknowledge,
        body: concatenate([headOf(place, known), encodeText(trafficAttributeNumbers.kind, "bpf")]),
      },
      { text: `remove a filter from ${wordsOf(place)}`, needs: ["CAP_NET_ADMIN"], meanings },
    );
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isKnown(filter: Filter, { priority, handle, program }: KnownFilter): boolean {
  if (filter.priority !== priority || filter.handle !== handle) return false;
  return program === undefined || filter.program === program;
}

function programParts(filter: NewFilter): readonly Uint8Array[] {
  const { program, name, directAction, classId, hardware } = filter;
  const { fd, name: nameNumber, flags, flags_gen: generic, classid } = classifierAttributeNumbers;
  const parts = [
    encodeNumber(fd, rawOf(program, "program")),
    encodeText(nameNumber, name),
    encodeNumber(flags, directAction ? directActionBit : 0),
    ...(classId === undefined ? [] : [encodeNumber(classid, classId)]),
    ...(hardware === undefined ? [] : [encodeNumber(generic, hardwareBits[hardware])]),
  ];
  const { kind, options } = trafficAttributeNumbers;
  return [encodeText(kind, "bpf"), encodeNested(options, parts)];
}

function headOf(place: FilterPlace, { priority, handle, protocol }: FilterId): Uint8Array {
  for (const [what, value] of [
    ["priority", priority],
    ["protocol", protocol],
  ] as const)
    assertWhole(value, `the ${what} of a filter`, { most: 0xffff });
  const record = new KernelRecord(trafficMessage)
    .set(trafficMessage.tcmHandle, handle)
    .set(trafficMessage.tcmInfo, ((priority << 16) | networkOrder(protocol)) >>> 0);
  if ("block" in place) {
    record.set(trafficMessage.tcmIfindex, blockIndex).set(trafficMessage.tcmParent, place.block);
  } else {
    record
      .set(trafficMessage.tcmIfindex, place.interface)
      .set(trafficMessage.tcmParent, numberOf(sides, place.direction, "the direction of a filter"));
  }
  return record.bytes;
}

function decodeFilter({ body }: NetlinkMessage): Filter {
  const record = new KernelRecord(trafficMessage);
  record.bytes.set(body.subarray(0, trafficMessage.sizeBytes));
  const info = record.get(trafficMessage.tcmInfo);
  const { kind, options: optionsNumber, chain } = trafficAttributeNumbers;
  const attributes = decodeAttributes(body.subarray(trafficMessage.sizeBytes));
  const options = decodeAttributes(attributes.get(optionsNumber) ?? new Uint8Array());
  const { id, name, flags, flags_gen: generic, classid } = classifierAttributeNumbers;
  const kindText = cString(attributes.get(kind) ?? new Uint8Array());
  const isProgram = kindText === "bpf" && options.has(id);
  const text = options.get(name);
  const bits = isProgram ? decodeNumber(options.get(generic)) : 0;
  return {
    kind: kindText,
    priority: info >>> 16,
    protocol: networkOrder(info & 0xffff),
    handle: record.get(trafficMessage.tcmHandle),
    chain: decodeNumber(attributes.get(chain)),
    program: isProgram ? (decodeNumber(options.get(id)) as ProgramId) : undefined,
    name: isProgram && text !== undefined ? cString(text) : undefined,
    directAction: isProgram && (decodeNumber(options.get(flags)) & directActionBit) !== 0,
    classId: isProgram && options.has(classid) ? decodeNumber(options.get(classid)) : undefined,
    hardware: filterHardware.find((it) => (bits & hardwareBits[it]) !== 0),
    inHardware: (bits & inHardwareBit) !== 0,
  };
}

/** A number of 16 bits from this machine's order to the network's, and back. */
function networkOrder(value: number): number {
  return littleEndian ? ((value & 0xff) << 8) | (value >>> 8) : value;
}

function wordsOf(place: FilterPlace): string {
  if ("block" in place) return `block ${place.block}`;
  return `${place.direction} of interface ${place.interface}`;
}

const meanings: Meanings = {
  ENODEV: { reason: "there is no such interface" },
  EEXIST: { reason: "there is a filter with this priority and handle" },
};

function addOperation(place: FilterPlace, { program, hardware }: NewFilter): Operation {
  const EOPNOTSUPP = filterOffloadMeaning(wordsOf(place));
  return {
    text: `attach ${fdOf(program).label} to ${wordsOf(place)}`,
    needs: ["CAP_NET_ADMIN"],
    meanings: {
      ...meanings,
      EINVAL: {
        reason: "there is no clsact or block, or the program is not one of type sched_cls",
        hint: "add one first, as attachTc does",
      },
      ENOENT: { reason: "there is no clsact there, or the kernel has no filters of programs" },
      ...(hardware === "skip_sw" ? { EOPNOTSUPP } : {}),
    },
  };
}
