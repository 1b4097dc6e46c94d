/**
 * XDP programs of interfaces, over rtnetlink: asked, attached, replaced and taken off.
 *
 * The change and what must have been there before travel in one message, so that nobody comes in between
 * (net/core/dev.c, dev_xdp_attach). What is attached so stays when the process ends.
 * @module
 */
import type { XdpMode } from "../../spec/program-spec.ts";
import type { Handle, ProgramId } from "../../kernel/handle.ts";
import type { XdpChange, XdpProgram } from "../../kernel/network.ts";
import type { Caller } from "../call/caller.ts";
import type { Meanings, Operation } from "../call/failure.ts";
import { numberOf } from "../call/flags.ts";
import { KernelRecord } from "../call/record.ts";
import { fdOf, rawOf } from "../fd.ts";
import { linkMessage } from "../generated/attributes.ts";
import {
  linkAttributeNumbers,
  routeMessageNumbers,
  xdpAttributeNumbers,
  xdpFlagBits,
} from "../generated/constants.ts";
import {
  concatenate,
  decodeAttributes,
  decodeNumber,
  encodeNested,
  encodeNumber,
} from "./message.ts";
import { messageFlags, NetlinkSocket } from "./socket.ts";

const modeBits: { readonly [Mode in XdpMode]: number } = {
  any: 0,
  drv: xdpFlagBits.drv_mode,
  skb: xdpFlagBits.skb_mode,
  hw: xdpFlagBits.hw_mode,
};

/** The program of each mode that has one. */
export function xdpPrograms(caller: Caller, index: number): readonly XdpProgram[] {
  using socket = NetlinkSocket.open(caller);
  const body = new KernelRecord(linkMessage).set(linkMessage.ifiIndex, index).bytes;
  const [message] = socket.request(
    { type: routeMessageNumbers.getlink, flags: messageFlags.request, body },
    { text: `ask for the XDP programs of interface ${index}`, meanings: noInterface },
  );
  const link = decodeAttributes(message!.body.subarray(linkMessage.sizeBytes));
  const xdp = decodeAttributes(link.get(linkAttributeNumbers.xdp) ?? new Uint8Array());
  return (["drv", "skb", "hw"] as const).flatMap((mode) => {
    const program = decodeNumber(xdp.get(xdpAttributeNumbers[`${mode}_prog_id`]));
    return program === 0 ? [] : [{ mode, program: program as ProgramId }];
  });
}

/** Makes a change, or refuses it as a whole. */
export function setXdp(caller: Caller, index: number, change: XdpChange): void {
  using socket = NetlinkSocket.open(caller);
  const { program, mode, expected } = change;
  const none = -1;
  const parts = [
    encodeNumber(xdpAttributeNumbers.fd, program === undefined ? none : rawOf(program, "program")),
    encodeNumber(
      xdpAttributeNumbers.flags,
      numberOf(modeBits, mode, "the mode of XDP") | expectationBits(expected),
    ),
    ...(typeof expected === "string"
      ? []
      : [encodeNumber(xdpAttributeNumbers.expected_fd, rawOf(expected, "program"))]),
  ];
  const record = new KernelRecord(linkMessage).set(linkMessage.ifiIndex, index);
  const body = concatenate([record.bytes, encodeNested(linkAttributeNumbers.xdp, parts)]);
  const flags = messageFlags.request | messageFlags.acknowledge;
  socket.request({ type: routeMessageNumbers.setlink, flags, body }, operationOf(index, change));
}

function expectationBits(expected: "none" | "any" | Handle): number {
  if (expected === "any") return 0;
  return expected === "none" ? xdpFlagBits.update_if_noexist : xdpFlagBits.replace;
}

const noInterface: Meanings = { ENODEV: { reason: "there is no such interface" } };

function operationOf(index: number, { program, mode }: XdpChange): Operation {
  const place = `XDP of interface ${index}${mode === "any" ? "" : ` (${mode})`}`;
  return {
    text: program === undefined ? `detach ${place}` : `attach ${fdOf(program).label} to ${place}`,
    needs: ["CAP_NET_ADMIN"],
    meanings: {
      ...noInterface,
      EBUSY: { reason: "an XDP program or link is attached there already" },
      EEXIST: { reason: "another program is attached there, or one in another mode" },
      ...modeMeanings(index, mode),
    },
  };
}

/** What refusals of a mode mean, of a link as well. */
export function modeMeanings(index: number, mode: XdpMode): Meanings {
  const feature = `XDP in this mode at interface ${index}: its driver cannot do it`;
  if (mode !== "hw") return { EOPNOTSUPP: { feature, hint: "mode skb works at every interface" } };
  const offload = {
    kind: "not-supported",
    feature: `XDP on the card of interface ${index}`,
    hint: "only a few cards run programs, and only those loaded for them; mode drv or skb works elsewhere",
  } as const;
  return { EOPNOTSUPP: offload, EINVAL: offload };
}
