/**
 * Network interfaces by name and number, from rtnetlink.
 * @module
 */
import { cString, zeroTerminated } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { NotFoundError } from "../../kernel/errors.ts";
import type { Caller } from "../call/caller.ts";
import { errno } from "../call/errno.ts";
import { linkMessage } from "../generated/attributes.ts";
import { linkAttributeNumbers, routeMessageNumbers } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import { concatenate, decodeAttributes, encodeAttribute, type NetlinkMessage } from "./message.ts";
import { messageFlags, NetlinkSocket } from "./socket.ts";

/** A network interface of this process's network namespace. */
export interface NetworkInterface {
  readonly index: number;
  readonly name: string;
}

/** Names have at most 15 bytes (IFNAMSIZ); longer ones are alternative names. */
const shortNameBytes = 15;

/**
 * Number of the interface called `name`, which may be an alternative name (since 5.5).
 * @throws {NotFoundError} when there is none, with the name that may have been meant.
 */
export function interfaceIndex(caller: Caller, name: string): number {
  if (name === "") throw new InvalidArgumentError("the name of an interface is not empty");
  using socket = NetlinkSocket.open(caller);
  try {
    return linkByName(socket, name).index;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw notFound(name, listLinks(socket), error);
  }
}

/** Every interface, in the kernel's order. */
export function listInterfaces(caller: Caller): readonly NetworkInterface[] {
  using socket = NetlinkSocket.open(caller);
  return listLinks(socket);
}

function linkByName(socket: NetlinkSocket, name: string): NetworkInterface {
  const { ifname, alt_ifname: altIfname } = linkAttributeNumbers;
  const bytes = zeroTerminated(name);
  const attribute = encodeAttribute(bytes.length > shortNameBytes + 1 ? altIfname : ifname, bytes);
  const [message] = socket.request(
    {
      type: routeMessageNumbers.getlink,
      flags: messageFlags.request,
      body: concatenate([new KernelRecord(linkMessage).bytes, attribute]),
    },
    {
      text: `find interface "${name}"`,
      meanings: { ENODEV: { reason: "there is none of that name" } },
    },
  );
  return decodeLink(message!);
}

function listLinks(socket: NetlinkSocket): readonly NetworkInterface[] {
  const messages = socket.request(
    {
      type: routeMessageNumbers.getlink,
      flags: messageFlags.request | messageFlags.dump,
      body: new KernelRecord(linkMessage).bytes,
    },
    { text: "list the network interfaces" },
  );
  return messages.map(decodeLink);
}

function decodeLink({ body }: NetlinkMessage): NetworkInterface {
  const record = new KernelRecord(linkMessage);
  record.bytes.set(body.subarray(0, linkMessage.sizeBytes));
  const attributes = decodeAttributes(body.subarray(linkMessage.sizeBytes));
  const name = attributes.get(linkAttributeNumbers.ifname) ?? new Uint8Array();
  return { index: record.get(linkMessage.ifiIndex), name: cString(name) };
}

function notFound(
  name: string,
  interfaces: readonly NetworkInterface[],
  cause: NotFoundError,
): NotFoundError {
  const names = interfaces.map((it) => it.name);
  return new NotFoundError({
    operation: `find interface "${name}"`,
    errno: errno.ENODEV,
    errnoName: "ENODEV",
    reason: "there is none of that name in this network namespace",
    hint: didYouMean(name, names) ?? `there are ${names.join(", ")}`,
    cause,
  });
}
