/**
 * UDP packets for tests of sockets: whole Ethernet frames, made and taken apart.
 * @module
 */
import { execFileSync } from "node:child_process";

const ethernetBytes = 14;
const ipBytes = 20;
const udpBytes = 8;
const headerBytes: number = ethernetBytes + ipBytes + udpBytes;

/** Ends of a UDP packet. */
export interface UdpEnds {
  readonly toMac: string;
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/** An Ethernet frame with an IPv4 packet with a UDP datagram with `text`. The UDP checksum is left out, as IPv4 allows. */
export function udpPacket({ toMac, from, to, port }: UdpEnds, text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const bytes = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(parts(toMac, ":", 16), 0);
  bytes.set([2, 0, 0, 0, 0, 2, 8, 0], 6);
  bytes.set([0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17], ethernetBytes);
  view.setUint16(ethernetBytes + 2, ipBytes + udpBytes + payload.length);
  bytes.set(parts(from, ".", 10), ethernetBytes + 12);
  bytes.set(parts(to, ".", 10), ethernetBytes + 16);
  view.setUint16(ethernetBytes + 10, ipChecksum(view));
  view.setUint16(ethernetBytes + ipBytes, 4242);
  view.setUint16(ethernetBytes + ipBytes + 2, port);
  view.setUint16(ethernetBytes + ipBytes + 4, udpBytes + payload.length);
  bytes.set(payload, headerBytes);
  return bytes;
}

/** The text of a frame that holds a UDP datagram over IPv4; `undefined` of any other. */
export function udpText(frame: Uint8Array): string | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < headerBytes || view.getUint16(12) !== 0x800 || frame[23] !== 17)
    return undefined;
  const length = view.getUint16(ethernetBytes + ipBytes + 4) - udpBytes;
  return new TextDecoder().decode(frame.subarray(headerBytes, headerBytes + length));
}

/**
 * Turns a frame round, where it lies: to whoever sent it. The checksum of IPv4 stays right, as it is a sum; that of UDP is
 * left out, as between two ends of one machine nobody has computed it.
 */
export function turnRound(frame: Uint8Array): void {
  swap(frame, 0, { length: 6 });
  swap(frame, ethernetBytes + 12, { length: 4 });
  swap(frame, ethernetBytes + ipBytes, { length: 2 });
  frame.fill(0, headerBytes - 2, headerBytes);
}

/** Exchanges `length` bytes at `at` for those behind them. */
function swap(bytes: Uint8Array, at: number, { length }: { readonly length: number }): void {
  const first = bytes.slice(at, at + length);
  bytes.copyWithin(at, at + length, at + 2 * length);
  bytes.set(first, at + length);
}

/** The address of an interface, as `ip` prints it. */
export function macOf(name: string): string {
  const [link] = JSON.parse(
    execFileSync("ip", ["-json", "link", "show", name], { encoding: "utf8" }),
  ) as [{ readonly address: string }];
  return link.address;
}

function parts(text: string, separator: string, base: number): number[] {
  return text.split(separator).map((part) => Number.parseInt(part, base));
}

function ipChecksum(view: DataView): number {
  let sum = 0;
  for (let at = ethernetBytes; at < ethernetBytes + ipBytes; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
