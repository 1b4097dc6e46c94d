/**
 * What sockets send and receive: programs of the maps they are in, and of groups that share a port.
 * @module
 */
import type { Handle } from "../../kernel/handle.ts";
import { place } from "../attach/place.ts";
import { SimulatedSocket } from "../attach/simulated-socket.ts";
import { socketProgram } from "../attach/socket-maps.ts";
import type { Core } from "../core.ts";
import type { SimulatedProgram } from "../program.ts";
import { type PacketKind, withPacket } from "../run/packet-run.ts";
import type { GivenObject } from "../typed/given.ts";
import { type Ran, runAttached, runProgram, type Run, toldOf } from "./run.ts";

/** What became of bytes of a socket. */
export interface SocketFate {
  /** `pass`: they go on their way. */
  readonly verdict: "pass" | "drop" | "redirect";
  /** What programs left of them. */
  readonly data: Uint8Array;
  /** Where they go instead: the handle that was given out when the socket was added. */
  readonly socket?: Handle;
  /** Whether they come in there, or go out. */
  readonly direction?: "ingress" | "egress";
}

/** What became of a message. */
export interface MessageFate extends SocketFate {
  readonly runs: readonly Run[];
  /** For so many bytes the verdict holds, beyond this message too; 0: for this message. */
  readonly applyBytes: number;
  /** The program wants to be asked again when there are so many bytes; 0: it has what it wants. */
  readonly corkBytes: number;
}

/** A socket sends a message: runs the `sk_msg` program that it has from a map. */
export function fireMessage(
  core: Core,
  socket: SimulatedSocket,
  { data, fields = {} }: { readonly data: Uint8Array; readonly fields?: GivenObject },
): MessageFate {
  const program = socketProgram(core, socket, "sk_msg_verdict");
  if (program === undefined)
    return { runs: [], verdict: "pass", data, applyBytes: 0, corkBytes: 0 };
  const { ran, fate } = run(core, program, { kind: "message", socket, data, fields });
  const { applyBytes = 0, corkBytes = 0 } = ran.invocation;
  return { runs: toldOf([ran]), ...fate, applyBytes, corkBytes };
}

/** What became of bytes that came in. */
export interface StreamFate {
  readonly runs: readonly Run[];
  /** One for each whole message. */
  readonly messages: readonly SocketFate[];
  /** Bytes that wait for the rest of their message; the next call goes on with them. */
  readonly waiting: number;
}

/**
 * Bytes come in at a socket: its parser says how long each message is, and its other program what becomes of it. Without
 * parser what comes at once is a message.
 */
export function fireStream(core: Core, socket: SimulatedSocket, data: Uint8Array): StreamFate {
  const decide =
    socketProgram(core, socket, "sk_skb_stream_verdict") ??
    socketProgram(core, socket, "sk_skb_verdict");
  const parser = socketProgram(core, socket, "sk_skb_stream_parser");
  const runs: Ran[] = [];
  const messages: SocketFate[] = [];
  for (const message of wholeMessages(core, socket, { data, parser, runs })) {
    if (decide === undefined) {
      messages.push({ verdict: "pass", data: message });
      continue;
    }
    const { ran, fate } = run(core, decide, { kind: "stream", socket, data: message });
    runs.push(ran);
    messages.push(fate);
  }
  return { runs: toldOf(runs), messages, waiting: socket.pending.bytes.length };
}

interface Incoming {
  readonly data: Uint8Array;
  readonly parser: SimulatedProgram | undefined;
  /** Runs of the parser are added here. */
  readonly runs: Ran[];
}

/** Messages as they become whole (net/strparser/strparser.c): one that the parser refuses ends the stream. */
function* wholeMessages(
  core: Core,
  socket: SimulatedSocket,
  { data, parser, runs }: Incoming,
): Generator<Uint8Array, void> {
  if (parser === undefined) {
    yield data;
    return;
  }
  let { length, bytes } = socket.pending;
  bytes = Uint8Array.of(...bytes, ...data);
  while (bytes.length > 0) {
    if (length === undefined) {
      const { ran } = run(core, parser, { kind: "stream", socket, data: bytes });
      runs.push(ran);
      if (ran.value < 0) bytes = new Uint8Array();
      if (ran.value <= 0) break;
      length = ran.value;
    }
    if (length > bytes.length) break;
    yield bytes.slice(0, length);
    bytes = bytes.slice(length);
    length = undefined;
  }
  socket.pending = length === undefined ? { bytes } : { bytes, length };
}

interface Given {
  readonly kind: PacketKind;
  readonly socket: SimulatedSocket;
  readonly data: Uint8Array;
  readonly fields?: GivenObject;
}

/** SK_PASS of include/uapi/linux/bpf.h; everything else drops. */
const pass = 1;

function run(
  core: Core,
  program: SimulatedProgram,
  { kind, socket, data, fields = {} }: Given,
): { readonly ran: Ran; readonly fate: SocketFate } {
  const all = { ...addressesOf(socket), sk: socket.address, ...fields };
  return withPacket(core, { kind, fields: all, data }, (context) => {
    const ran = runProgram(core, program, context);
    const { packet } = core;
    const left = packet.bytes().slice();
    if (ran.value !== pass) return { ran, fate: { verdict: "drop", data: left } };
    const target = packet.redirect === undefined ? undefined : core.sockets.get(packet.redirect);
    if (target === undefined) return { ran, fate: { verdict: "pass", data: left } };
    const direction = packet.comesIn ? "ingress" : "egress";
    return { ran, fate: { verdict: "redirect", data: left, socket: target.handle, direction } };
  });
}

/** Addresses of a socket as messages and buffers have them: the remote port is in network order, in the upper half. */
function addressesOf({ fields }: SimulatedSocket): GivenObject {
  return {
    family: fields["family"],
    remote_ip4: fields["dst_ip4"],
    local_ip4: fields["src_ip4"],
    remote_ip6: fields["dst_ip6"],
    local_ip6: fields["src_ip6"],
    remote_port: (Number(fields["dst_port"]) << 16) >>> 0,
    local_port: fields["src_port"],
  };
}

/** Which socket of a group that shares a port gets a packet. */
export interface ReuseportChoice {
  readonly runs: readonly Run[];
  /** `pass`: one that the kernel chooses by hash. */
  readonly verdict: "pass" | "drop" | "selected";
  /** The handle that was given out when the socket was added. */
  readonly socket?: Handle;
}

/** A packet comes for the group of a socket: from the header of its protocol on, with fields of `struct sk_reuseport_md`. */
export function fireReuseport(
  core: Core,
  socket: SimulatedSocket,
  { data, fields = {} }: { readonly data: Uint8Array; readonly fields?: GivenObject },
): ReuseportChoice {
  const attached = core.attachments.at(place.socket("reuseport", socket.id));
  const all = { sk: socket.address, ...fields };
  return withPacket(core, { kind: "reuseport", fields: all, data }, (context) => {
    const [ran] = runAttached(core, attached, context);
    if (ran === undefined) return { runs: [], verdict: "pass" };
    const runs = toldOf([ran]);
    if (ran.value !== pass) return { runs, verdict: "drop" };
    const chosen = core.socketAt(ran.invocation.chosen ?? 0n);
    if (chosen === undefined) return { runs, verdict: "pass" };
    return { runs, verdict: "selected", socket: chosen.handle };
  });
}
