/**
 * Routes whose packets run programs: light-weight tunnels (net/core/lwt_bpf.c, net/ipv6/seg6_local.c).
 *
 * The programs are part of the route: they are given when it is added, and are gone with it.
 * @module
 */
import { isNotFound } from "../../kernel/errors.ts";
import type { Route, Tunnel, TunnelProgram } from "../../kernel/network.ts";
import type { Caller } from "../call/caller.ts";
import type { Operation } from "../call/failure.ts";
import { KernelRecord } from "../call/record.ts";
import { rawOf } from "../fd.ts";
import { routeMessage } from "../generated/attributes.ts";
import {
  encapsulationNumbers,
  routeAttributeNumbers,
  routeMessageNumbers,
  segmentActionNumbers,
  segmentAttributeNumbers,
  tunnelAttributeNumbers,
  tunnelProgramAttributeNumbers,
} from "../generated/constants.ts";
import { concatenate, encodeAttribute, encodeNested, encodeNumber, encodeText } from "./message.ts";
import { messageFlags, NetlinkSocket } from "./socket.ts";

// include/linux/socket.h
const families: Readonly<Record<number, number>> = { 4: 2, 16: 10 };
// include/uapi/linux/rtnetlink.h
const unicast = 1;
const setByAdministrator = 4;
const mainTable = 254;
const scopes = { everywhere: 0, link: 253 } as const;

/** Adds a route. @throws {ExistsError} when there is one to this destination. */
export function addRoute(caller: Caller, route: Route, tunnel: Tunnel): void {
  using socket = NetlinkSocket.open(caller);
  const { request, acknowledge, create, exclusive } = messageFlags;
  socket.request(
    {
      type: routeMessageNumbers.newroute,
      flags: request | acknowledge | create | exclusive,
      body: concatenate([encodeRoute(route), ...encodeTunnel(tunnel)]),
    },
    operation("add", route),
  );
}

/** Removes a route; false when it is not there. */
export function removeRoute(caller: Caller, route: Route): boolean {
  using socket = NetlinkSocket.open(caller);
  const flags = messageFlags.request | messageFlags.acknowledge;
  const request = { type: routeMessageNumbers.delroute, flags, body: encodeRoute(route) };
  try {
    socket.request(request, operation("remove", route));
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function encodeRoute({ destination, interface: index, gateway, table }: Route): Uint8Array {
  const isIpv6 = destination.address.length === 16;
  const record = new KernelRecord(routeMessage)
    .set(routeMessage.rtmFamily, families[destination.address.length])
    .set(routeMessage.rtmDstLen, destination.prefixLength)
    .set(routeMessage.rtmProtocol, setByAdministrator)
    .set(routeMessage.rtmScope, isIpv6 || gateway ? scopes.everywhere : scopes.link)
    .set(routeMessage.rtmType, unicast);
  const { dst, oif, gateway: gatewayNumber, table: tableNumber } = routeAttributeNumbers;
  return concatenate([
    record.bytes,
    encodeAttribute(dst, destination.address),
    encodeNumber(oif, index),
    encodeNumber(tableNumber, table ?? mainTable),
    ...(gateway === undefined ? [] : [encodeAttribute(gatewayNumber, gateway)]),
  ]);
}

function encodeTunnel(tunnel: Tunnel): readonly Uint8Array[] {
  const isBpf = tunnel.kind === "bpf";
  const type = isBpf ? encapsulationNumbers.bpf : encapsulationNumbers.seg6_local;
  const parts = isBpf ? bpfParts(tunnel) : segmentParts(tunnel.program);
  const { encap, encap_type: encapType } = routeAttributeNumbers;
  return [
    encodeAttribute(encapType, new Uint8Array(Uint16Array.of(type).buffer)),
    encodeNested(encap, parts),
  ];
}

function bpfParts({
  programs,
  headroom,
}: Extract<Tunnel, { readonly kind: "bpf" }>): readonly Uint8Array[] {
  const parts = (["in", "out", "xmit"] as const).flatMap((when) => {
    const program = programs[when];
    return program === undefined ? [] : [encodeProgram(tunnelAttributeNumbers[when], program)];
  });
  if (headroom === undefined) return parts;
  return [...parts, encodeNumber(tunnelAttributeNumbers.xmit_headroom, headroom)];
}

function segmentParts(program: TunnelProgram): readonly Uint8Array[] {
  return [
    encodeNumber(segmentAttributeNumbers.action, segmentActionNumbers.end_bpf),
    // The program's own attributes have the same numbers as those of other tunnels.
    encodeProgram(segmentAttributeNumbers.bpf, program),
  ];
}

function encodeProgram(type: number, { program, name }: TunnelProgram): Uint8Array {
  return encodeNested(type, [
    encodeNumber(tunnelProgramAttributeNumbers.fd, rawOf(program, "program")),
    encodeText(tunnelProgramAttributeNumbers.name, name),
  ]);
}

function operation(verb: "add" | "remove", { destination, interface: index }: Route): Operation {
  const { address, prefixLength } = destination;
  const text = `${verb} a route to ${[...address].join(".")}/${prefixLength} at interface ${index}`;
  return {
    text,
    needs: ["CAP_NET_ADMIN"],
    meanings: {
      EEXIST: { reason: "there is a route to this destination" },
      ENODEV: { reason: "there is no such interface" },
      ENETDOWN: { reason: "the interface is down", hint: "set it up first" },
      EINVAL: {
        reason: "the route or its program is not one the kernel takes",
        hint: "bits behind the prefix must be zero, and lwt_seg6local programs are for IPv6",
      },
    },
  };
}
