/**
 * Packets for tests, built layer by layer: `ethernet().ipv4().udp({ destination: 53 }).payload("hello").bytes`.
 *
 * A packet never changes; each call gives a new one, so that tests vary a common start. Which layers can follow is a matter
 * of types. Nothing is sent: what gives packets to programs takes them from here.
 * @module
 */
import { assertBytes, assertMembers } from "../../base/given.ts";
import { encodeLayers } from "./encode.ts";
import {
  type GivenLayer,
  type GivenLayerOf,
  layerFields,
  type LayerFields,
  type LayerKind,
} from "./layer.ts";

/** A packet. */
export interface Packet {
  /** The whole packet, lengths and checksums filled in. @throws {InvalidArgumentError} when a field does not fit. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What was said of its layers, the outermost first. */
  readonly layers: readonly GivenLayer[];
}

/** A packet whose innermost layer is Ethernet or a VLAN tag. */
export interface LinkPacket extends Packet {
  /** A tag of IEEE 802.1Q. */
  vlan(fields?: Given<"vlan">): LinkPacket;
  ipv4(fields?: Given<"ipv4">): NetworkPacket;
  ipv6(fields?: Given<"ipv6">): NetworkPacket;
  payload(data: Uint8Array | string): Packet;
}

/** A packet whose innermost layer is IP. */
export interface NetworkPacket extends Packet {
  tcp(fields?: Given<"tcp">): TransportPacket;
  udp(fields?: Given<"udp">): TransportPacket;
  /** ICMP, within IPv6 ICMPv6; an echo request when nothing is said. */
  icmp(fields?: Given<"icmp">): TransportPacket;
  /** A packet in the packet. */
  ipv4(fields?: Given<"ipv4">): NetworkPacket;
  ipv6(fields?: Given<"ipv6">): NetworkPacket;
  payload(data: Uint8Array | string): Packet;
}

/** A packet whose innermost layer is TCP, UDP or ICMP. */
export interface TransportPacket extends Packet {
  /** Bytes, or text as UTF-8. */
  payload(data: Uint8Array | string): Packet;
}

/** Fields of a layer that differ from the usual ones. */
export type Given<Kind extends LayerKind> = Partial<LayerFields[Kind]>;

/**
 * An Ethernet header, which packets for programs start with. What is not said: addresses of the two ends are
 * `02:00:00:00:00:01`, `10.0.0.1` and `fd00::1`, and the same with 2; ports 40000 and 80; 64 hops; a TCP segment is a SYN.
 * @throws {InvalidArgumentError} when it has no field that is given, as those that add layers do.
 */
export function ethernet(fields: Given<"ethernet"> = {}): LinkPacket {
  return new BuiltPacket([layer("ethernet", fields)]);
}

/** Implements what every layer can be followed by; the types say when. */
class BuiltPacket implements LinkPacket, NetworkPacket, TransportPacket {
  readonly layers: readonly GivenLayer[];
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  constructor(layers: readonly GivenLayer[]) {
    this.layers = layers;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= encodeLayers(this.layers);
    return this.#bytes.slice();
  }

  vlan(fields: Given<"vlan"> = {}): BuiltPacket {
    return this.#with(layer("vlan", fields));
  }
  ipv4(fields: Given<"ipv4"> = {}): BuiltPacket {
    return this.#with(layer("ipv4", fields));
  }
  ipv6(fields: Given<"ipv6"> = {}): BuiltPacket {
    return this.#with(layer("ipv6", fields));
  }
  tcp(fields: Given<"tcp"> = {}): BuiltPacket {
    return this.#with(layer("tcp", fields));
  }
  udp(fields: Given<"udp"> = {}): BuiltPacket {
    return this.#with(layer("udp", fields));
  }
  icmp(fields: Given<"icmp"> = {}): BuiltPacket {
    return this.#with(layer("icmp", fields));
  }
  payload(data: Uint8Array | string): BuiltPacket {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    assertBytes(bytes, "the payload");
    return this.#with(layer("payload", { data: bytes }));
  }

  #with(added: GivenLayer): BuiltPacket {
    return new BuiltPacket([...this.layers, added]);
  }
}

function layer<Kind extends LayerKind>(kind: Kind, fields: Given<Kind>): GivenLayer {
  // A layer that was found in a packet brings its kind along.
  const found = "kind" in fields && fields.kind === kind ? ["kind"] : [];
  assertMembers(fields, [...layerFields[kind], ...found], kind);
  // The compiler does not see that a kind and its fields belong together.
  return { ...fields, kind } as GivenLayerOf<Kind> as unknown as GivenLayer;
}
