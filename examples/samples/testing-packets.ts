/**
 * Packets for tests of samples: frames for test runs, checksums to verify them by, and datagrams on the wire.
 * @module
 */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { setImmediate } from "node:timers/promises";
import { parseIpv4, parseMac } from "ts-ebpf";

/** A TCP or UDP packet over IPv4. */
export interface FrameOptions {
  readonly protocol: "tcp" | "udp";
  readonly from?: string;
  readonly to?: string;
  readonly sourcePort?: number;
  readonly port?: number;
  /** Flags of TCP, such as 0x02 for SYN. */
  readonly flags?: number;
  /** 32-bit words of IP options. */
  readonly options?: number;
  /** Number of a VLAN, which makes a tagged frame. */
  readonly vlan?: number;
}

/** Addresses of Ethernet in frames. */
export const macs: { readonly source: string; readonly destination: string } = {
  source: "02:00:00:00:00:01",
  destination: "02:00:00:00:00:02",
};

const numbers = { tcp: 6, udp: 17 } as const;
const headerBytes = { tcp: 20, udp: 8 } as const;
const checksumAt = { tcp: 16, udp: 6 } as const;
/** Behind the headers, so that sums are over more than those. */
const payload = Uint8Array.from([0xde, 0xad, 0xbe]);

/** A frame with the checksums it must have. */
export function frame(options: FrameOptions): Uint8Array<ArrayBuffer> {
  const ip = ipPacket(options);
  const tag =
    options.vlan === undefined ? [] : [0x81, 0x00, options.vlan >> 8, options.vlan & 0xff];
  const ethernet = [...parseMac(macs.destination), ...parseMac(macs.source), ...tag, 0x08, 0x00];
  return Uint8Array.from([...ethernet, ...ip]);
}

function ipPacket(options: FrameOptions): Uint8Array {
  const { protocol, from = "10.0.0.1", to = "10.0.0.2", options: words = 0 } = options;
  const start = 20 + 4 * words;
  const bytes = new Uint8Array(start + headerBytes[protocol] + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x40 | (5 + words);
  view.setUint16(2, bytes.length);
  bytes.set([64, numbers[protocol]], 8);
  view.setUint32(12, parseIpv4(from));
  view.setUint32(16, parseIpv4(to));
  view.setUint16(start, options.sourcePort ?? 1024);
  view.setUint16(start + 2, options.port ?? 80);
  if (protocol === "udp") view.setUint16(start + 4, bytes.length - start);
  else bytes.set([0x50, options.flags ?? 0x10], start + 12);
  bytes.set(payload, start + headerBytes[protocol]);
  view.setUint16(10, ~ipSum(bytes) & 0xffff);
  view.setUint16(start + checksumAt[protocol], ~transportSum(bytes) & 0xffff);
  return bytes;
}

/** Asserts that the checksums of a frame without a tag are right. */
export function assertChecksums(given: Uint8Array): void {
  const bytes = given.slice(14);
  assert.equal(ipSum(bytes), 0xffff, "checksum of IP");
  assert.equal(transportSum(bytes), 0xffff, "checksum of TCP or UDP");
}

function ipSum(bytes: Uint8Array): number {
  return sum(bytes.subarray(0, 4 * (bytes[0]! & 0xf)));
}

/** With the pseudo header: addresses, protocol, length. */
function transportSum(bytes: Uint8Array): number {
  const transport = bytes.subarray(4 * (bytes[0]! & 0xf));
  const pseudo = [...bytes.subarray(12, 20), 0, bytes[9]!, 0, transport.length];
  return sum(Uint8Array.from([...pseudo, ...transport]));
}

/** The sum of 16-bit words in ones' complement (RFC 1071). */
function sum(bytes: Uint8Array): number {
  const total = bytes.reduce((all, byte, index) => all + byte * (index % 2 === 0 ? 256 : 1), 0);
  const folded = (total & 0xffff) + (total >>> 16);
  return (folded & 0xffff) + (folded >>> 16);
}

/** Sends datagrams until `seen` is true. */
export async function sendUntil(seen: () => boolean, to: string, port: number): Promise<void> {
  using socket = disposableSocket();
  const deadline = Date.now() + 60_000;
  while (!seen()) {
    assert.ok(Date.now() < deadline, "nothing was seen of what was sent");
    socket.send("sample", port, to, () => {});
    await setImmediate();
  }
}

function disposableSocket() {
  const socket = createSocket("udp4");
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.close() });
}
