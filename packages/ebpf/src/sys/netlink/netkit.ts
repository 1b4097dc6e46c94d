/**
 * Making and removing interfaces: pairs of `netkit` (drivers/net/netkit.c).
 * @module
 */
import { zeroTerminated } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { isNotFound } from "../../kernel/errors.ts";
import type { NetkitPair } from "../../kernel/network.ts";
import type { Caller } from "../call/caller.ts";
import { numberOf } from "../call/flags.ts";
import { KernelRecord } from "../call/record.ts";
import { linkMessage } from "../generated/attributes.ts";
import {
  linkAttributeNumbers,
  linkInfoAttributeNumbers,
  netkitAttributeNumbers,
  netkitModeNumbers,
  routeMessageNumbers,
} from "../generated/constants.ts";
import { concatenate, encodeAttribute, encodeNested, encodeNumber, encodeText } from "./message.ts";
import { messageFlags, NetlinkSocket } from "./socket.ts";

/** IFNAMSIZ with the zero at its end. */
const nameBytes = 16;

/** Makes a pair. Its interfaces are down. */
export function addNetkit(caller: Caller, { primary, peer, mode = "l3" }: NetkitPair): void {
  for (const name of [primary, peer]) assertName(name);
  using socket = NetlinkSocket.open(caller);
  const { request, acknowledge, create, exclusive } = messageFlags;
  const { kind, data } = linkInfoAttributeNumbers;
  const { peer_info: peerInfo, mode: modeNumber } = netkitAttributeNumbers;
  const empty = new KernelRecord(linkMessage).bytes;
  const netkit = encodeNested(data, [
    encodeNumber(modeNumber, numberOf(netkitModeNumbers, mode, "the mode of netkit")),
    encodeAttribute(peerInfo, concatenate([empty, nameOf(peer)])),
  ]);
  const parts = [encodeText(kind, "netkit"), netkit];
  socket.request(
    {
      type: routeMessageNumbers.newlink,
      flags: request | acknowledge | create | exclusive,
      body: concatenate([
        empty,
        nameOf(primary),
        encodeNested(linkAttributeNumbers.linkinfo, parts),
      ]),
    },
    {
      text: `make the netkit interfaces "${primary}" and "${peer}"`,
      needs: ["CAP_NET_ADMIN"],
      requires: [{ feature: "netkit interfaces", since: [6, 7] }],
      meanings: {
        EOPNOTSUPP: { feature: "netkit interfaces: it was built without CONFIG_NETKIT" },
        EEXIST: { reason: "there is an interface of this name" },
      },
    },
  );
}

/** Removes an interface; false when it is not there. */
export function removeInterface(caller: Caller, index: number): boolean {
  using socket = NetlinkSocket.open(caller);
  const { request, acknowledge } = messageFlags;
  const body = new KernelRecord(linkMessage).set(linkMessage.ifiIndex, index).bytes;
  try {
    socket.request(
      { type: routeMessageNumbers.dellink, flags: request | acknowledge, body },
      { text: `remove interface ${index}`, needs: ["CAP_NET_ADMIN"] },
    );
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function nameOf(name: string): Uint8Array {
  return encodeText(linkAttributeNumbers.ifname, name);
}

function assertName(name: string): void {
  if (name !== "" && zeroTerminated(name).length <= nameBytes && !/[\s/:]/.test(name)) return;
  throw new InvalidArgumentError(`${JSON.stringify(name)} is not a name for an interface`, {
    hint: `give 1 to ${nameBytes - 1} bytes without spaces, "/" and ":"`,
  });
}
