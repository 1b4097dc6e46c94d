/**
 * Contexts of programs as bytes, for test runs: fields by their names in include/uapi/linux/bpf.h.
 *
 * Only what a test run takes from outside is here; the rest of a context the kernel makes itself (net/bpf/test_run.c).
 * @module
 */
import { littleEndian, viewOf } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { parseIpv4 } from "../../layout/address/ipv4.ts";
import { parseIpv6 } from "../../layout/address/ipv6.ts";
import type { ProgramType } from "../../spec/words.ts";
import type { Given, GivenObject } from "../../sim/typed/given.ts";
import { protocols } from "../packet/layer.ts";

/** Where fields are: offset, bytes of an element, number of elements. */
type FieldTable = Readonly<Record<string, readonly [offset: number, size: 4 | 8, count?: number]>>;

const xdpFields: FieldTable = { ingress_ifindex: [12, 4], rx_queue_index: [16, 4] };

const skbFields: FieldTable = {
  mark: [8, 4],
  priority: [32, 4],
  ingress_ifindex: [36, 4],
  ifindex: [40, 4],
  cb: [48, 4, 5],
  tstamp: [152, 8],
  wire_len: [160, 4],
  gso_segs: [164, 4],
  gso_size: [176, 4],
  hwtstamp: [184, 8],
};

const xdpBytes = 24;
const skbBytes = 192;

/**
 * The context of a program on packets, for a packet of so many bytes.
 * @throws {InvalidArgumentError} for a field that a test run does not take.
 */
export function packetContext(
  type: ProgramType,
  fields: GivenObject,
  packetBytes: number,
): Uint8Array<ArrayBuffer> {
  const isXdp = type === "xdp";
  const bytes = new Uint8Array(isXdp ? xdpBytes : skbBytes);
  // The end of the packet: struct xdp_md.data_end. The start is 0.
  if (isXdp) viewOf(bytes).setUint32(4, packetBytes, littleEndian);
  const table = isXdp ? xdpFields : skbFields;
  for (const [name, value] of Object.entries(fields)) writeField(bytes, table, name, value);
  return bytes;
}

function writeField(bytes: Uint8Array, table: FieldTable, name: string, value: Given): void {
  if (!Object.hasOwn(table, name)) throw unknownField(name, Object.keys(table));
  const [offset, size, count = 1] = table[name]!;
  const values: readonly Given[] = Array.isArray(value) ? value : [value];
  if (values.length > count)
    throw new InvalidArgumentError(`field ${name} has room for ${count}, got ${values.length}`);
  const view = viewOf(bytes);
  for (const [index, one] of values.entries()) {
    const place = offset + index * size;
    if (typeof one !== "number" && typeof one !== "bigint")
      throw new InvalidArgumentError(`field ${name} is a number, got ${typeof one}`);
    if (size === 8) view.setBigUint64(place, BigInt(one), littleEndian);
    else view.setUint32(place, Number(one), littleEndian);
  }
}

function unknownField(name: string, known: readonly string[]): InvalidArgumentError {
  const hint = didYouMean(name, known) ?? `there are ${known.join(", ")}`;
  return new InvalidArgumentError(`a test run takes no field "${name}" of the context`, { hint });
}

/** Arguments of a raw tracepoint, 64 bits each: negative ones are extended with their sign. */
export function argumentContext(args: readonly (number | bigint)[]): Uint8Array<ArrayBuffer> {
  const words = BigUint64Array.from(args, (value) => BigInt.asUintN(64, BigInt(value)));
  return new Uint8Array(words.buffer);
}

/** One end of a connection. */
export interface SocketEnd {
  readonly address: string;
  readonly port: number;
}

/** A packet for which a socket is looked for. */
export interface LookupGiven {
  /** `tcp` when left out. */
  readonly protocol?: "tcp" | "udp";
  /** Where the packet is from. Both addresses are IPv4, or both IPv6. */
  readonly remote: SocketEnd;
  /** Where it goes to. */
  readonly local: SocketEnd;
  readonly interfaceIndex?: number;
}

const lookupBytes = 72;
/** AF_INET and AF_INET6. */
const families = { ipv4: 2, ipv6: 10 } as const;

/**
 * The context of a program that looks for a socket, `struct bpf_sk_lookup`.
 * @throws {InvalidArgumentError} when an address is none.
 */
export function skLookupContext(given: LookupGiven): Uint8Array<ArrayBuffer> {
  const { protocol = "tcp", remote, local, interfaceIndex = 0 } = given;
  const isV6 = remote.address.includes(":");
  const bytes = new Uint8Array(lookupBytes);
  const view = viewOf(bytes);
  view.setUint32(8, families[isV6 ? "ipv6" : "ipv4"], littleEndian);
  view.setUint32(12, protocols[protocol], littleEndian);
  if (isV6) bytes.set(parseIpv6(remote.address), 20);
  else view.setUint32(16, parseIpv4(remote.address));
  view.setUint16(36, remote.port);
  if (isV6) bytes.set(parseIpv6(local.address), 44);
  else view.setUint32(40, parseIpv4(local.address));
  view.setUint32(60, local.port, littleEndian);
  view.setUint32(64, interfaceIndex, littleEndian);
  return bytes;
}
