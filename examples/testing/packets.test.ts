import assert from "node:assert/strict";
import { it } from "node:test";
import { ethernet, parsePacket } from "ts-ebpf/testing";

it("builds packets layer by layer", () => {
  // #region build
  const start = ethernet().vlan({ id: 42 });
  const syn = start.ipv4({ ttl: 3 }).tcp({ destination: 443, flags: ["syn"] });
  const echo = start.ipv6({ source: "2001:db8::7" }).icmp({ sequence: 1 }).payload("ping");
  const tunnel = start.ipv4().ipv6().udp({ destination: 53 });
  const wrong = start.ipv4({ headerLength: 16, checksum: 0 }).udp({ length: 4 });
  const cut = syn.bytes.subarray(0, 40);
  // #endregion
  const kinds = [syn, echo, tunnel].map(({ bytes }) => parsePacket(bytes).map(({ kind }) => kind));
  assert.deepEqual(kinds, [
    ["ethernet", "vlan", "ipv4", "tcp"],
    ["ethernet", "vlan", "ipv6", "icmp", "payload"],
    ["ethernet", "vlan", "ipv4", "ipv6", "udp"],
  ]);
  assert.equal(wrong.bytes.length, 46);
  assert.equal(cut.length, 40);
});
