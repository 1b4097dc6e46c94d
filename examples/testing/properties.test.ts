import { it } from "node:test";
import * as fc from "fast-check";
import { testProgram } from "ts-ebpf/testing";
import { arbitraryDamagedPacket, arbitraryValue } from "ts-ebpf/testing/arbitrary";
import { u16 } from "ts-ebpf";
import { blocked, filter } from "../language/packet-filter.ts";

// #region property
it("passes whatever is sent while nothing is blocked, as it was", async () => {
  using test = await testProgram(filter);
  fc.assert(
    fc.property(arbitraryDamagedPacket(), (packet) => {
      test.run({ packet }).expectVerdict("pass").expectPacket(packet);
    }),
  );
});
// #endregion

it("holds any port", async () => {
  using test = await testProgram(filter);
  fc.assert(
    fc.property(arbitraryValue(u16), (port) => {
      test.map(blocked).set(port, 1n);
      test.expectMap(blocked, [[port, 1n]]);
      test.map(blocked).delete(port);
    }),
  );
});
