/**
 * The queueing discipline `clsact`: it holds no packets, it only runs filters on those that come and go.
 *
 * An interface has at most one, beside the queue it sends from (net/sched/sch_ingress.c).
 * @module
 */
import { cString } from "../../base/bytes.ts";
import type { FilterBlocks } from "../../kernel/network.ts";
import type { Caller } from "../call/caller.ts";
import { ExistsError, isNotFound } from "../../kernel/errors.ts";
import type { Meanings, Operation } from "../call/failure.ts";
import { KernelRecord } from "../call/record.ts";
import { trafficMessage } from "../generated/attributes.ts";
import { routeMessageNumbers, trafficAttributeNumbers } from "../generated/constants.ts";
import { concatenate, decodeAttributes, encodeNumber, encodeText } from "./message.ts";
import { messageFlags, NetlinkSocket } from "./socket.ts";

// include/uapi/linux/pkt_sched.h: TC_H_CLSACT, and the handle of what is there.
const clsactParent = 0xffff_fff1;
const clsactHandle = 0xffff_0000;

/** Adds one; false when there is one. */
export function addClsact(caller: Caller, index: number, blocks: FilterBlocks = {}): boolean {
  using socket = NetlinkSocket.open(caller);
  const { ingress, egress } = blocks;
  const { kind, ingress_block: ingressBlock, egress_block: egressBlock } = trafficAttributeNumbers;
  const body = concatenate([
    messageFor(index),
    encodeText(kind, "clsact"),
    ...(ingress === undefined ? [] : [encodeNumber(ingressBlock, ingress)]),
    ...(egress === undefined ? [] : [encodeNumber(egressBlock, egress)]),
  ]);
  const { request, acknowledge, create, exclusive } = messageFlags;
  const flags = request | acknowledge | create | exclusive;
  try {
    socket.request({ type: routeMessageNumbers.newqdisc, flags, body }, operation("add", index));
    return true;
  } catch (error) {
    if (error instanceof ExistsError && hasClsact(caller, index)) return false;
    throw error;
  }
}

/** Removes it with its filters; false when there is none. */
export function removeClsact(caller: Caller, index: number): boolean {
  if (!hasClsact(caller, index)) return false;
  using socket = NetlinkSocket.open(caller);
  const body = concatenate([messageFor(index), encodeText(trafficAttributeNumbers.kind, "clsact")]);
  const flags = messageFlags.request | messageFlags.acknowledge;
  try {
    socket.request({ type: routeMessageNumbers.delqdisc, flags, body }, operation("remove", index));
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Whether the interface has one. The kernel lists those of all interfaces. */
export function hasClsact(caller: Caller, index: number): boolean {
  using socket = NetlinkSocket.open(caller);
  const messages = socket.request(
    {
      type: routeMessageNumbers.getqdisc,
      flags: messageFlags.request | messageFlags.dump,
      body: new KernelRecord(trafficMessage).set(trafficMessage.tcmIfindex, index).bytes,
    },
    { text: "list queueing disciplines" },
  );
  return messages.some(({ body }) => {
    const record = new KernelRecord(trafficMessage);
    record.bytes.set(body.subarray(0, trafficMessage.sizeBytes));
    const attributes = decodeAttributes(body.subarray(trafficMessage.sizeBytes));
    const kind = cString(attributes.get(trafficAttributeNumbers.kind) ?? new Uint8Array());
    return record.get(trafficMessage.tcmIfindex) === index && kind === "clsact";
  });
}

function messageFor(index: number): Uint8Array {
  return new KernelRecord(trafficMessage)
    .set(trafficMessage.tcmIfindex, index)
    .set(trafficMessage.tcmParent, clsactParent)
    .set(trafficMessage.tcmHandle, clsactHandle).bytes;
}

const meanings: Meanings = {
  ENODEV: { reason: "there is no such interface" },
  EEXIST: { reason: "it has the discipline ingress in its place" },
};

function operation(verb: "add" | "remove", index: number): Operation {
  const text = `${verb} clsact ${verb === "add" ? "to" : "from"} interface ${index}`;
  return { text, needs: ["CAP_NET_ADMIN"], meanings };
}
