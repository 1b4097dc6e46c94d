import assert from "node:assert/strict";
import { it } from "node:test";
import { measure } from "ts-ebpf/testing";
import { blockedPort, otherTraffic } from "./filter.bench.ts";

it("takes more instructions for what is blocked", async () => {
  const other = await measure(otherTraffic, { kernel: "simulated" });
  const blocked = await measure(blockedPort, { kernel: "simulated" });
  assert.equal(blocked.metric, "instructions");
  assert.ok(other.value > 3 && blocked.value > other.value, `${blocked.value}, ${other.value}`);
});
