/**
 * Test runs of programs on packets: which contexts may be given, what they become, and what comes back.
 *
 * Source: `bpf_prog_test_run_xdp` and `bpf_prog_test_run_skb` of net/bpf/test_run.c. Packets are one piece: fragments are not
 * simulated, and an XDP program is never given less than the whole packet.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { ProgTestRun, ProgTestRunResult } from "../../kernel/commands.ts";
import { failed } from "../errno.ts";
import type { Packet } from "../packet.ts";
import type { SimulatedProgram } from "../program.ts";
import { ethernetBytes } from "./flow-dissection.ts";
import { contextAccess, type Fields, skbFields, xdpFields } from "./packet-context.ts";
import type { Runner, TestRun } from "./test-run.ts";

/** The loopback device, which packets come from. */
const loopback = 1;

/** `struct xdp_md`: bytes, and places of its fields. */
const xdp = { bytes: 24, data: 0, dataEnd: 4, dataMeta: 8, interface: 12, egress: 20 } as const;

/** Runs an XDP program. Metadata is in front of the packet; its length is given as `data` of the context. */
export const runXdp: TestRun = (runner, program, input) => {
  const { dataIn } = input;
  const given = givenContext(input, xdp.bytes);
  if (dataIn === undefined || given === undefined) return failed.invalid;
  const view = viewOf(given);
  const metadata = isGiven(input) ? view.getUint32(xdp.data, true) : 0;
  const isWhole = !isGiven(input) || view.getUint32(xdp.dataEnd, true) === dataIn.length;
  const others = [xdp.dataMeta, xdp.interface, xdp.egress].some(
    (at) => view.getUint32(at, true) !== 0,
  );
  if (!isWhole || others || metadata % 4 !== 0 || metadata > longestMetadata) return failed.invalid;
  if (dataIn.length - metadata < ethernetBytes) return failed.invalid;
  const context = given.slice();
  viewOf(context).setUint32(xdp.interface, loopback, true);
  const run = { input, context, hidden: 0, metadata, fields: xdpFields };
  const { packet } = runner;
  return runPackets(runner, program, run, () => {
    view.setUint32(xdp.data, packet.start - packet.meta, true);
    view.setUint32(xdp.dataEnd, packet.end - packet.meta, true);
    return given;
  });
};

/** Runs a program on a socket buffer, without its first bytes. */
export function runSkb(hidden: number): TestRun {
  return (runner, program, input) => {
    const { dataIn } = input;
    const given = givenContext(input, skb.bytes);
    if (dataIn === undefined || given === undefined || isTooShort(dataIn)) return failed.invalid;
    const length = dataIn.length - hidden;
    if (isGiven(input) && !isSkbContext(given, length)) return failed.invalid;
    const context = given.slice();
    const view = viewOf(context);
    view.setUint32(skb.kind, kindOf(dataIn), true);
    view.setUint32(skb.protocol, protocolOf(dataIn), true);
    view.setUint32(skb.interface, loopback, true);
    if (isGiven(input)) setUnlessGiven(view, skb.wireLength, length);
    const run = { input, context, hidden, metadata: 0, fields: skbFields };
    return runPackets(runner, program, run, () => {
      for (const [start, end] of skbReturned) given.set(context.subarray(start, end), start);
      return given;
    });
  };
}

/** `struct __sk_buff`: bytes, and places of its fields. */
const skb = { bytes: 192, kind: 4, protocol: 16, interface: 40, wireLength: 160 } as const;
/** From where to where a context may be given: mark; priority to ifindex; cb; tstamp to gso_segs; gso_size; hwtstamp. */
const skbGiven: readonly (readonly [start: number, end: number])[] = [
  [8, 12],
  [32, 44],
  [48, 68],
  [152, 168],
  [176, 180],
  [184, 192],
];
/** And comes back: the same but for gso_size. */
const skbReturned = skbGiven.filter(([start]) => start !== 176);
/** GSO_LEGACY_MAX_SIZE and GSO_MAX_SEGS of include/linux/netdevice.h. */
const [longestWire, mostSegments] = [65_536, 0xffff];

function isSkbContext(given: Uint8Array, length: number): boolean {
  const view = viewOf(given);
  if (given.some((byte, at) => byte !== 0 && !isTaken(at))) return false;
  const [wire, segments] = [view.getUint32(skb.wireLength, true), view.getUint32(164, true)];
  return (wire === 0 || (wire >= length && wire <= longestWire)) && segments <= mostSegments;
}

function isTaken(at: number): boolean {
  return skbGiven.some(([start, end]) => at >= start && at < end);
}

function setUnlessGiven(view: DataView, at: number, value: number): void {
  if (view.getUint32(at, true) === 0) view.setUint32(at, value, true);
}

/** Longest metadata that is given: the room in front of a packet without that of `struct xdp_frame`. */
const longestMetadata = 256 - 40;

/** Whether there is a context: one that is only wanted back is all zero. */
function isGiven({ ctxIn, ctxOut }: ProgTestRun): boolean {
  return ctxIn !== undefined || ctxOut !== undefined;
}

/** The context that is given, zeros behind it; `undefined` when it is longer than the kernel's and not zero there. */
function givenContext(
  { ctxIn = new Uint8Array() }: ProgTestRun,
  bytes: number,
): Uint8Array | undefined {
  const context = new Uint8Array(bytes);
  context.set(ctxIn.subarray(0, bytes));
  return ctxIn.subarray(bytes).every((byte) => byte === 0) ? context : undefined;
}

/**
 * PACKET_HOST, _MULTICAST or _OTHERHOST of include/uapi/linux/if_packet.h: the address of the loopback device is zero, and that
 * for broadcasts too.
 */
function kindOf(packet: Uint8Array): number {
  const address = packet.subarray(0, 6);
  if ((address[0]! & 1) === 1) return 2;
  return address.some((byte) => byte !== 0) ? 3 : 0;
}

/** What `eth_type_trans` of net/ethernet/eth.c makes of a packet, in network order: lengths are no protocols. */
function protocolOf(packet: Uint8Array): number {
  const view = viewOf(packet);
  if (view.getUint16(12) >= leastProtocol) return view.getUint16(12, true);
  const isRaw = packet.length >= 16 && view.getUint16(14) === 0xffff;
  return isRaw ? 0x0100 : 0x0400;
}

/** Less than the headers that it says there are. */
function isTooShort(packet: Uint8Array): boolean {
  if (packet.length < ethernetBytes) return true;
  return packet.length < ethernetBytes + (headers[viewOf(packet).getUint16(12)] ?? 0);
}

/** The least header of IPv4 and IPv6. */
const headers: { readonly [protocol: number]: number } = { 0x0800: 20, 0x86dd: 40 };

/** ETH_P_802_3_MIN of include/uapi/linux/if_ether.h. */
const leastProtocol = 0x0600;

/** What is run on packets, and how its context is made. */
interface PacketRun {
  readonly input: ProgTestRun;
  readonly context: Uint8Array;
  /** Bytes of the packet in front of what the program sees. */
  readonly hidden: number;
  /** Those of them that are metadata. */
  readonly metadata: number;
  readonly fields: Fields;
}

function runPackets(
  { machine, packet, statistics, world }: Runner,
  program: SimulatedProgram,
  { input, context, hidden, metadata, fields }: PacketRun,
  contextBack: () => Uint8Array,
): ProgTestRunResult {
  const access = contextAccess(context, fields, packet);
  const region = machine.memory.allocate("context", context.length, { access });
  let result = 0n;
  try {
    packet.load(input.dataIn!, hidden, metadata);
    for (let turn = Math.max(1, input.repeat ?? 0); turn > 0; turn--) {
      const start = world.now;
      result = machine.run(program.program, region);
      statistics.count(program, start);
    }
  } finally {
    machine.memory.free(region);
  }
  const left = leftOf(packet, hidden);
  const { dataOut, ctxOut } = input;
  dataOut?.set(left.subarray(0, dataOut.length));
  // Of a packet that does not fit there is as much as fits, and no context.
  const fits = dataOut === undefined || left.length <= dataOut.length;
  const back = fits && ctxOut !== undefined ? contextBack() : undefined;
  if (back !== undefined) ctxOut?.set(back.subarray(0, ctxOut.length));
  return {
    retval: Number(result & 0xffff_ffffn),
    durationNs: 0,
    dataSizeOut: left.length,
    ctxSizeOut: Math.min(back?.length ?? 0, ctxOut?.length ?? 0),
  };
}

/** Metadata comes first; a header that programs do not see is made anew. */
function leftOf(packet: Packet, hidden: number): Uint8Array {
  if (hidden === 0) return packet.bytes(packet.start - packet.meta);
  return packet.bytes(hidden).fill(0, 0, hidden);
}
