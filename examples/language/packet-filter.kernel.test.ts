import assert from "node:assert/strict";
import { it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { blocked, filter } from "./packet-filter.ts";

it("does the same in the kernel", needs("root", "bpf", "btf"), async () => {
  // #region test-run
  await using loaded = await load({ blocked, filter });
  loaded.blocked.set(53, 0n);
  const data = new Uint8Array(42);
  data.set([0x08, 0x00, 0x45], 12);
  data[23] = 17;
  data[37] = 53;
  assert.equal(loaded.filter.run({ data }).returnValue, 1);
  assert.equal(loaded.blocked.get(53), 1n);
  // #endregion
});
