import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fromHex, hex } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { internetChecksum } from "./checksum.ts";
import { packetDifferences } from "./differences.ts";
import { type Ipv4Flag, ipv4Flags, layerFields, type TcpFlag, tcpFlags } from "./layer.ts";
import { ethernet, type Packet } from "./packet.ts";
import { parsePacket } from "./parse.ts";

const ethernetText = "020000000002 020000000001";

describe("packets", () => {
  const check = (packet: Packet, expected: string): void =>
    assert.equal(hex(packet.bytes), expected.replaceAll(/\s+/g, ""));

  // The sums were worked out by hand.
  it("are Ethernet, IPv4 and UDP", () =>
    check(
      ethernet().ipv4().udp({ source: 1, destination: 53 }).payload("hi"),
      `${ethernetText} 0800
       4500001e 00000000 401166cd 0a000001 0a000002
       00010035 000a8338 6869`,
    ));
  it("have a checksum of the well-known example", () => {
    const known = ethernet()
      .ipv4({
        source: "192.168.0.1",
        destination: "192.168.0.199",
        protocol: 17,
        length: 0x73,
        flags: ["dontFragment"],
      })
      .payload("");
    assert.equal(known.bytes.length, 34);
    assert.equal(hex(known.bytes.subarray(24, 26)), "b861");
  });
  it("have tags", () =>
    check(
      ethernet().vlan({ id: 5, priority: 3, dropEligible: true }).vlan({ id: 6 }).payload("x"),
      `${ethernetText} 8100 7005 8100 0006 ffff 78`,
    ));
  it("have types that tests say, right or wrong", () =>
    check(ethernet({ type: 0x0806 }).payload(Uint8Array.of(1)), `${ethernetText} 0806 01`));
  it("name tunnels", () => {
    const packet = ethernet().ipv4().ipv6().icmp({ identifier: 7, sequence: 8 });
    const kinds = parsePacket(packet.bytes).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["ethernet", "ipv4", "ipv6", "icmp"]);
    const icmp = parsePacket(packet.bytes).at(-1);
    assert.ok(icmp?.kind === "icmp" && icmp.type === 128 && icmp.identifier === 7);
  });
  it("never change", () => {
    const start = ethernet().ipv4();
    const before = start.bytes;
    start.udp().payload("x");
    start.bytes.fill(0xff);
    assert.deepEqual(start.bytes, before);
  });

  const refused = (make: () => Packet, message: string): void =>
    assert.throws(
      () => make().bytes,
      (error) => error instanceof InvalidArgumentError && error.message === message,
    );
  it("refuse fields and flags that are not there", () => {
    const given = (fields: object) => fields;
    refused(() => ethernet(given({ src: "x" })), 'ethernet takes no "src"');
    refused(() => ethernet().ipv4(given({ ttll: 1 })), 'ipv4 takes no "ttll"');
    const tcp = (flags: unknown) => () => ethernet().ipv4().tcp(given({ flags }));
    refused(tcp(["sync"]), 'a flag is "sync"');
    refused(tcp("syn"), "flags are a text");
    refused(() => ethernet().payload(5 as unknown as string), "the payload is a number, not bytes");
    assert.throws(
      () => parsePacket("x" as unknown as Uint8Array),
      /the packet is a text, not bytes/,
    );
  });
  it("take every field that is found in one", () => {
    const start = ethernet().vlan();
    for (const packet of [
      start.ipv4().tcp().payload("x"),
      start.ipv6().udp(),
      start.ipv4().icmp(),
    ]) {
      for (const { kind, ...fields } of parsePacket(packet.bytes)) {
        const known: readonly string[] = layerFields[kind];
        assert.deepEqual(Object.keys(fields).toSorted(), known.toSorted());
      }
    }
  });
  it("refuse fields that do not fit", () => {
    refused(
      () => ethernet().ipv4().udp({ destination: 65_536 }),
      "udp.destination: 65536 is no number of 16 bits",
    );
    refused(() => ethernet().vlan({ id: 4096 }), "vlan.id: 4096 is no number of 12 bits");
    refused(() => ethernet().ipv4({ ttl: -1 }), "ipv4.ttl: -1 is no number of 8 bits");
    refused(() => ethernet().ipv4({ ttl: 1.5 }), "ipv4.ttl: 1.5 is no number of 8 bits");
    refused(() => ethernet().ipv4({ source: "10.0.0" }), '"10.0.0" is not an IPv4 address');
    refused(
      () => ethernet().ipv4({ fragmentOffset: 4 }),
      "ipv4.fragmentOffset: 4 is no multiple of 8 bytes",
    );
    refused(
      () =>
        ethernet()
          .ipv4({ options: new Uint8Array(44) })
          .udp(),
      "ipv4.options has 44 bytes",
    );
  });
});

const port = fc.nat(0xffff);
const word = fc.nat(0xffff_ffff);
const payload = fc.uint8Array({ minLength: 1, maxLength: 40 });
const words = fc
  .array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 10 })
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

/** Whether the checksum of what IPv4 holds is right, looked at as a receiver does. */
function sumOverIpv4(bytes: Uint8Array, protocol: number, headerBytes: number): number {
  const pseudo = Uint8Array.from([...bytes.subarray(26, 34), 0, protocol, 0, 0]);
  const rest = bytes.subarray(14 + headerBytes);
  new DataView(pseudo.buffer).setUint16(10, rest.length);
  return internetChecksum(pseudo, rest);
}

describe("a built packet", () => {
  const tcp = fc.record(
    {
      source: port,
      destination: port,
      sequence: word,
      acknowledgment: word,
      flags: fc.subarray(Object.keys(tcpFlags) as TcpFlag[]),
      window: port,
      urgent: port,
      options: words,
    },
    { noNullPrototype: true },
  );
  const ipv4 = fc.record(
    {
      ttl: fc.nat(255),
      tos: fc.nat(255),
      identification: port,
      flags: fc.subarray(Object.keys(ipv4Flags) as Ipv4Flag[]),
      options: words,
    },
    { noNullPrototype: true },
  );

  it("is parsed to what was said of it, and its sums are right", () => {
    fc.assert(
      fc.property(ipv4, tcp, payload, (network, transport, data) => {
        const { bytes } = ethernet().ipv4(network).tcp(transport).payload(data);
        const [, foundNetwork, foundTransport, foundData] = parsePacket(bytes);
        assert.deepEqual({ ...foundNetwork, ...network }, foundNetwork);
        assert.deepEqual({ ...foundTransport, ...transport }, foundTransport);
        assert.deepEqual(foundData, { kind: "payload", data });
        const headerBytes = 20 + network.options.length;
        assert.equal(internetChecksum(bytes.subarray(14, 14 + headerBytes)), 0);
        assert.equal(sumOverIpv4(bytes, 6, headerBytes), 0);
      }),
    );
  });

  it("is the same when it is built of what was parsed", () => {
    fc.assert(
      fc.property(port, port, payload, (source, destination, data) => {
        const { bytes } = ethernet().ipv6().udp({ source, destination }).payload(data);
        const [, network, transport] = parsePacket(bytes);
        assert.ok(network?.kind === "ipv6" && transport?.kind === "udp");
        assert.equal(transport.length, 8 + data.length);
        assert.notEqual(transport.checksum, 0);
        const again = ethernet().ipv6(network).udp(transport).payload(data);
        assert.deepEqual(again.bytes, bytes);
      }),
    );
  });
});

describe("parsePacket", () => {
  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const whole = Uint8Array.from([...fromHex(`${ethernetText} 0800`), ...bytes]);
        parsePacket(bytes);
        parsePacket(whole);
      }),
    );
  });
  it("takes what is cut off for payload", () => {
    const { bytes } = ethernet().ipv4().udp();
    const kinds = (length: number): string[] =>
      parsePacket(bytes.subarray(0, length)).map(({ kind }) => kind);
    assert.deepEqual(kinds(42), ["ethernet", "ipv4", "udp"]);
    assert.deepEqual(kinds(41), ["ethernet", "ipv4", "payload"]);
    assert.deepEqual(kinds(33), ["ethernet", "payload"]);
    assert.deepEqual(kinds(13), ["payload"]);
    assert.deepEqual(kinds(0), []);
  });
  it("does not look into later fragments", () => {
    const { bytes } = ethernet().ipv4({ fragmentOffset: 8, protocol: 17 }).payload("12345678");
    assert.equal(parsePacket(bytes).at(-1)?.kind, "payload");
  });
});

describe("packetDifferences", () => {
  const check = (actual: Packet, expected: Packet, lines: readonly string[]): void =>
    assert.deepEqual(packetDifferences(actual.bytes, expected.bytes), lines);
  const start = ethernet();
  it("are none for the same packet", () => check(start.ipv4().udp(), start.ipv4().udp(), []));
  it("name fields", () =>
    check(start.ipv4({ ttl: 63 }).tcp({ flags: [] }), start.ipv4().tcp({ flags: ["syn", "ack"] }), [
      "ipv4.ttl is 63, expected 64",
      "ipv4.checksum is 26574, expected 26318",
      "tcp.flags is none, expected syn+ack",
      "tcp.checksum is 65361, expected 65343",
    ]));
  it("show payload in rows", () =>
    check(start.payload("abc"), start.payload("abd"), [
      "0x0000 is       61 62 63",
      "0x0000 expected 61 62 64",
    ]));
  it("tell of other layers and lengths", () => {
    const lines = packetDifferences(start.payload("a").bytes, start.vlan().payload("a").bytes);
    assert.deepEqual(lines.slice(0, 2), [
      "it has 15 bytes, expected 19",
      "it is ethernet › payload, expected ethernet › vlan › payload",
    ]);
  });
});
