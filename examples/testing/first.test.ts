import { it } from "node:test";
import { ethernet, ExpectationError, testProgram, withProgram } from "ts-ebpf/testing";
import assert from "node:assert/strict";
import { blocked, filter } from "../language/packet-filter.ts";

// #region first
it("drops packets to blocked ports, and counts them", async () => {
  using test = await testProgram(filter);
  test.map(blocked).set(53, 0n);
  const query = ethernet().ipv4().udp({ destination: 53 }).payload("?");
  test.run({ packet: query }).expectVerdict("drop");
  test.run({ packet: ethernet().ipv4().tcp() }).expectVerdict("pass");
  test.expectMap(blocked, [[53, 1n]]);
});
// #endregion

// #region fixture
const filtering = withProgram(filter);

it(
  "passes packets to other ports as they are",
  filtering((test) => {
    const packet = ethernet().vlan({ id: 7 }).ipv4().udp();
    test.run({ packet }).expectVerdict("pass").expectPacket(packet);
  }),
);
// #endregion

it(
  "tells what is not as expected",
  filtering((test) => {
    const run = test.run({ packet: ethernet().ipv4().udp() });
    assert.throws(() => run.expectVerdict("drop"), ExpectationError);
  }),
);
