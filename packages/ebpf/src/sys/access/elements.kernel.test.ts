import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MapCreate } from "../../kernel/commands.ts";
import type { ElementAccess, ElementShape } from "../../kernel/kernel.ts";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { openNativeKernel } from "../native-kernel.ts";

const kernel = openNativeKernel();

type Use = (elements: ElementAccess) => void;

function withMap(shape: Partial<MapCreate>, use: Use, access: Partial<ElementShape> = {}): void {
  const attributes: MapCreate = {
    mapType: "hash",
    keySize: 4,
    valueSize: 4,
    maxEntries: 4,
    mapName: "elements",
    ...shape,
  };
  using map = kernel.bpf("mapCreate", attributes);
  use(kernel.openElements(map, { name: "elements", ...attributes, ...access }));
}

function put(elements: ElementAccess, key: number, value: number): void {
  elements.key.fill(0)[0] = key;
  elements.value.fill(0)[0] = value;
  elements.update("any");
}

function take(elements: ElementAccess, key: number): number | undefined {
  elements.key.fill(0)[0] = key;
  elements.value.fill(0xff);
  return elements.lookup("plain") ? elements.value[0] : undefined;
}

describe("element access", needs("bpf"), () => {
  it("finds what was stored, and nothing else", () =>
    withMap({}, (elements) => {
      put(elements, 1, 10);
      put(elements, 2, 20);
      assert.deepEqual(
        [take(elements, 1), take(elements, 2), take(elements, 3)],
        [10, 20, undefined],
      );
    }));
  it("updates as the mode says", () =>
    withMap({}, (elements) => {
      elements.key[0] = 1;
      assert.throws(() => elements.update("exist"), { name: "NotFoundError" });
      elements.update("noexist");
      assert.throws(() => elements.update("noexist"), { name: "ExistsError" });
      elements.update("exist");
    }));
  it("tells that the map is full", () =>
    withMap({ maxEntries: 1 }, (elements) => {
      put(elements, 1, 1);
      assert.throws(() => put(elements, 2, 2), {
        name: "NoSpaceError",
        message: /^cannot update an element of map "elements": the map is full/,
      });
    }));
  it("tells that an index is outside of an array", () =>
    withMap({ mapType: "array", maxEntries: 2 }, (elements) => {
      put(elements, 1, 1);
      assert.throws(() => put(elements, 2, 2), { name: "NoSpaceError", message: /outside of it/ });
      assert.equal(take(elements, 2), undefined);
    }));
  it("deletes once", () =>
    withMap({}, (elements) => {
      put(elements, 1, 1);
      assert.equal(elements.delete(), true);
      assert.equal(elements.delete(), false);
    }));
  it("takes an element out", needsLinux(5, 14), () =>
    withMap({}, (elements) => {
      put(elements, 1, 7);
      elements.value.fill(0);
      assert.equal(elements.lookupAndDelete("plain"), true);
      assert.equal(elements.value[0], 7);
      assert.equal(elements.lookupAndDelete("plain"), false);
    }),
  );
  it("walks through all keys", () =>
    withMap({}, (elements) => {
      assert.equal(elements.firstKey(), false);
      for (const key of [1, 2, 3]) put(elements, key, key);
      const seen = new Set<number>();
      for (let more = elements.firstKey(); more; more = elements.nextKey())
        seen.add(elements.key[0]!);
      assert.deepEqual(seen, new Set([1, 2, 3]));
    }));
  it("begins again behind a key that is gone", () =>
    withMap({}, (elements) => {
      put(elements, 1, 1);
      elements.key[0] = 99;
      assert.equal(elements.nextKey(), true);
      assert.equal(elements.key[0], 1);
    }));
  it("works without keys", () =>
    withMap({ mapType: "queue", keySize: 0 }, (elements) => {
      elements.value[0] = 5;
      elements.update("any");
      elements.value[0] = 6;
      elements.update("any");
      assert.equal(elements.lookup("plain"), true);
      assert.equal(elements.value[0], 5);
      assert.equal(elements.lookupAndDelete("plain"), true);
      assert.equal(elements.value[0], 5);
      assert.equal(elements.lookupAndDelete("plain"), true);
      assert.equal(elements.value[0], 6);
      assert.equal(elements.lookupAndDelete("plain"), false);
    }));
  it("moves a value for each possible CPU", () => {
    const cpus = kernel.cpus.possible.length;
    const valueSize = 8 * cpus;
    withMap(
      { mapType: "percpu_array", valueSize: 8, maxEntries: 1 },
      (elements) => {
        for (let cpu = 0; cpu < cpus; cpu++) elements.value[8 * cpu] = cpu + 1;
        elements.update("any");
        elements.value.fill(0);
        assert.equal(elements.lookup("plain"), true);
        const values = Array.from({ length: cpus }, (_, cpu) => elements.value[8 * cpu]);
        assert.deepEqual(
          values,
          Array.from({ length: cpus }, (_, cpu) => cpu + 1),
        );
      },
      { valueSize },
    );
  });
  it("refuses locks where there are none", () =>
    withMap({}, (elements) => {
      put(elements, 1, 1);
      assert.throws(() => elements.lookup("locked"), { name: "SyscallError", errnoName: "EINVAL" });
      assert.throws(() => elements.update("any-locked"), { errnoName: "EINVAL" });
    }));
  it("cannot be used once the map is closed", () => {
    const attributes = { mapType: "hash", keySize: 4, valueSize: 4, maxEntries: 1 } as const;
    const map = kernel.bpf("mapCreate", attributes);
    const elements = kernel.openElements(map, { name: "x", ...attributes });
    map.close();
    assert.throws(() => elements.lookup("plain"), { name: "ClosedError" });
  });
});
