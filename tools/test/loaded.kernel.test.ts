import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openNativeKernel } from "../../packages/ebpf/src/sys/native-kernel.ts";
import { needs } from "../../packages/ebpf/src/testing/needs.ts";
import { heldByProcesses, listLoaded } from "./loaded.ts";

describe("listLoaded", needs("root", "bpf"), () => {
  it("finds a map while it is there, and that this process holds it", () => {
    const kernel = openNativeKernel();
    const map = kernel.bpf("mapCreate", {
      mapType: "array",
      mapName: "listed",
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
    });
    const info = kernel.bpf("objGetInfoByFd", { object: map });
    const id = `map ${info.id}`;
    const found = listLoaded(kernel).find((loaded) => loaded.id === id);
    const held = heldByProcesses().includes(id);
    map.close();
    assert.deepEqual(found, { id, label: `${id} (array listed)`, keeps: [] });
    assert.ok(held);
  });
});
