/**
 * Helpers on packets.
 * @module
 */
import type { Layout } from "../../layout/layout.ts";
import { loadValue } from "../../layout/memory-object.ts";
import type { HelperFlags } from "../../spec/kernel-side.ts";
import type { Source } from "../memory.ts";
import { packetBehind } from "../packet-buffer.ts";
import { failed } from "../../sim/errno.ts";
import { checksumDifference, replaceChecksum } from "../../helper/checksum.ts";
import type { HelperTable, HelperWorld, SimulatedHelper } from "./helper-table.ts";

/** The value at an offset of the packet; `undefined` when it is not all there. */
const load: SimulatedHelper = (_, context: unknown, offset: number, layout: Layout<unknown>) => {
  const part = packetBehind(context).part(offset >>> 0, layout.size);
  return part && loadValue(layout, new DataView(part.slice().buffer), 0);
};

/** Overwrites a part of the packet: 0, or -EFAULT when it is not all there. */
const store: SimulatedHelper = (
  { memory }: HelperWorld,
  context: unknown,
  offset: number,
  from: Source,
) => {
  const bytes = memory.from(from);
  const part = bytes && packetBehind(context).part(offset >>> 0, bytes.length);
  if (bytes === undefined || part === undefined) return failed.fault;
  part.set(bytes);
  return 0;
};

const xdpRedirect = 4;
const trafficControlRedirect = 7;

const redirect: SimulatedHelper = ({ redirects, packetKind }, ifindex: number) => {
  redirects.push({ to: ifindex >>> 0, copy: false });
  return packetKind === "xdp" ? xdpRedirect : trafficControlRedirect;
};

/** Helpers by name. */
export const networkHelpers: HelperTable = {
  skbLoadBytes: load,
  xdpLoadBytes: load,
  skbStoreBytes: store,
  xdpStoreBytes: store,
  skbPullData: () => 0,
  xdpGetBuffLen: (_, context: unknown) => BigInt(packetBehind(context).view.byteLength),
  xdpAdjustHead: (_, context: unknown, delta: number) => packetBehind(context).moveStart(delta | 0),
  xdpAdjustTail: (_, context: unknown, delta: number) => packetBehind(context).moveEnd(delta | 0),
  xdpAdjustMeta: (_, context: unknown, delta: number) => packetBehind(context).moveMeta(delta | 0),
  skbChangeTail: (_, context: unknown, length: number) => {
    const packet = packetBehind(context);
    return packet.moveEnd((length >>> 0) - packet.view.byteLength);
  },
  redirect,
  redirectPeer: redirect,
  redirectNeigh: redirect,
  cloneRedirect: ({ redirects }, _skb: unknown, ifindex: number) => {
    redirects.push({ to: ifindex >>> 0, copy: true });
    return 0;
  },
  csumDiff: ({ memory }, from: Source, to: Source, seed: number) => {
    const [before, after] = [memory.from(from), memory.from(to)];
    const sizes = [before?.length ?? 0, after?.length ?? 0];
    if (sizes.some((size) => size % 4 !== 0)) return BigInt(failed.invalid);
    return BigInt(checksumDifference(before, after, seed));
  },
  l3CsumReplace: replace,
  l4CsumReplace: replace,
  getHashRecalc: (_, context: { readonly hash?: number }) => context.hash ?? 0,
};

/** The size of the field that changed stands in the low bits of the flags. */
const sizeMask = 0xf;

type ReplaceArguments = readonly [
  context: unknown,
  offset: number,
  from: number | bigint,
  to: number | bigint,
  flags?: HelperFlags,
];

function replace(_: HelperWorld, ...given: ReplaceArguments): number {
  const [context, offset, from, to, flags = 0] = given;
  const part = packetBehind(context).part(offset >>> 0, 2);
  if (part === undefined) return failed.fault;
  const size = Number(flags) & sizeMask;
  if (![0, 2, 4].includes(size)) return failed.invalid;
  const view = new DataView(part.buffer, part.byteOffset, 2);
  replaceChecksum(view, BigInt(from), BigInt(to), size);
  return 0;
}
