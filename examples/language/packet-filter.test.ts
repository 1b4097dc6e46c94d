import assert from "node:assert/strict";
import { it } from "node:test";
import { simulate } from "ts-ebpf/testing";
import { blocked, filter } from "./packet-filter.ts";

/** A packet of Ethernet, IPv4 and UDP without checksums. */
function udpPacket(port: number): Uint8Array {
  const bytes = new Uint8Array(42);
  bytes.set([0x08, 0x00, 0x45], 12);
  bytes[23] = 17;
  new DataView(bytes.buffer).setUint16(36, port);
  return bytes;
}

// #region test
it("drops packets to blocked ports, and counts them", () => {
  using world = simulate();
  world.map(blocked).set(53, 0n);
  const verdictOn = (bytes: Uint8Array) => world.run(filter, world.xdp(bytes));
  assert.equal(verdictOn(udpPacket(53)), 1);
  assert.equal(verdictOn(udpPacket(54)), 2);
  assert.equal(verdictOn(udpPacket(53).subarray(0, 30)), 2);
  assert.equal(world.map(blocked).get(53), 1n);
});
// #endregion

// #region pure-test
it("is a function like any other", () => {
  using world = simulate();
  assert.equal(filter.code(world.xdp(udpPacket(80)) as never), 2);
});
// #endregion
