import { expect, test } from "vitest";
import { ethernet, programFixture } from "ts-ebpf/testing";
import { blocked, filter } from "../../language/packet-filter.ts";

// #region vitest
const it = test.extend({ filtering: programFixture(filter) });

it("drops packets to blocked ports", ({ filtering }) => {
  filtering.map(blocked).set(53, 0n);
  const packet = ethernet().ipv4().udp({ destination: 53 });
  expect(filtering.run({ packet }).verdict).toBe("drop");
  filtering.expectMap(blocked, [[53, 1n]]);
});
// #endregion

it("begins with empty maps each time", ({ filtering }) => {
  const packet = ethernet().ipv4().udp({ destination: 53 });
  expect(filtering.run({ packet }).verdict).toBe("pass");
  expect(filtering.instructions).toContain("xdp program");
});
