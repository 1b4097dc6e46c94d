/**
 * What sockets get from the maps that they are in (net/core/sock_map.c).
 *
 * A socket takes over the programs of a map when it is put there, and keeps them as long as it is in any: programs that are
 * attached later or taken off make no difference to it.
 * @module
 */
import type { AttachType } from "../../spec/words.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import type { SimulatedMap } from "../map/simulated-map.ts";
import type { SimulatedObject } from "../object.ts";
import type { SimulatedProgram } from "../program.ts";
import { place } from "./place.ts";
import { SimulatedSocket } from "./simulated-socket.ts";

/** Ways in which programs are attached to maps of sockets. */
export type SocketMapAttachType =
  | "sk_msg_verdict"
  | "sk_skb_stream_parser"
  | "sk_skb_stream_verdict"
  | "sk_skb_verdict";

const types: readonly SocketMapAttachType[] = [
  "sk_msg_verdict",
  "sk_skb_stream_parser",
  "sk_skb_stream_verdict",
  "sk_skb_verdict",
] satisfies readonly AttachType[];

/** A socket is put into a map: -EBUSY when both bring a program of the same kind. */
export function joinMap(core: Core, map: SimulatedMap, socket: SimulatedObject): number {
  if (!(socket instanceof SimulatedSocket)) return failed.invalid;
  leaveIfAlone(core, socket);
  const brought = types.flatMap((type) => {
    const [attachment] = core.attachments.at(place.map(type, map.id));
    return attachment === undefined ? [] : [{ type, program: attachment.program }];
  });
  if (brought.some(({ type }) => socket.programAt(type) !== undefined)) return failed.busy;
  for (const { type, program } of brought) socket.keep(type, program);
  return 0;
}

/** The program that runs on what a socket sends or receives. */
export function socketProgram(
  core: Core,
  socket: SimulatedSocket,
  type: SocketMapAttachType,
): SimulatedProgram | undefined {
  leaveIfAlone(core, socket);
  return socket.programAt(type);
}

function leaveIfAlone({ maps }: Core, socket: SimulatedSocket): void {
  const isInMap = maps.find(({ store, attributes }) => {
    const isOfSockets = attributes.mapType === "sockmap" || attributes.mapType === "sockhash";
    return isOfSockets && store instanceof ObjectStore && store.holds(socket);
  });
  if (isInMap === undefined) socket.leaveMaps();
}
