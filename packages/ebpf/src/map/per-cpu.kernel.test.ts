import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { u16, u32, u64 } from "../layout/integer.ts";
import { perCpuArrayMap } from "../spec/array-map.ts";
import { lruPerCpuHashMap, perCpuHashMap } from "../spec/hash-map.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { createMap } from "./create.ts";
import { average, max, min, sum } from "./per-cpu.ts";

const kernel = kernelUnderTest();
const { possible } = kernel.cpus;
/** The last CPU, whose values are behind those of others. */
const cpu = possible.at(-1)!;
const movesSingleValues = isAtLeast(kernel.version, [7, 0]);

/** The kernel with other properties. */
function changed(overrides: Partial<Kernel>): Kernel {
  return new Proxy(kernel, {
    get: (target, name) => {
      if (Object.hasOwn(overrides, name)) return overrides[name as keyof Kernel];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** CPUs with holes between them: as many as there are, with other numbers. */
const withHoles = changed({
  cpus: { possible: possible.map((it) => 3 * it + 1), online: [] },
  // The real machine has other numbers, so this way is closed.
  bpf: (command, attributes) => {
    if ("cpu" in attributes && attributes.cpu !== undefined) throw new NotSupportedError("holes");
    return kernel.bpf(command, attributes);
  },
});

describe("values of one CPU", needs("root", "bpf"), () => {
  const maps = [
    ["an array", () => createMap(kernel, perCpuArrayMap("cpu_array", u16, 4))],
    ["a hash", () => createMap(kernel, perCpuHashMap("cpu_hash", u32, u16, 4))],
    ["an LRU hash", () => createMap(kernel, lruPerCpuHashMap("cpu_lru", u32, u16, 64))],
  ] as const;
  for (const [name, create] of maps) {
    it(`are read from ${name}`, () => {
      using map = create();
      map.set(
        3,
        possible.map((it) => it + 10),
      );
      for (const it of possible) assert.equal(map.getOn(3, it), it + 10);
      assert.throws(() => map.getOn(3, 4096), InvalidArgumentError);
    });

    it(`are written to ${name}, or that is refused`, () => {
      using map = create();
      map.setAll(2, 5);
      const store = (): void => map.setOn(2, cpu, 9);
      if (movesSingleValues) {
        store();
        assert.deepEqual(
          map.get(2),
          possible.map((it) => (it === cpu ? 9 : 5)),
        );
      } else {
        assert.throws(store, { name: "NotSupportedError", since: [7, 0], hint: /set/ });
        assert.equal(sum(map.get(2)!), 5 * possible.length);
      }
      assert.throws(() => map.setOn(2, -1, 0), InvalidArgumentError);
    });
  }

  it("are stored for all CPUs at once where the kernel takes one for all", () => {
    using array = createMap(kernel, perCpuArrayMap("for_all", u64, 2));
    const { handle: map } = array;
    const value = Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0);
    const store = (): void =>
      kernel.bpf("mapUpdateElem", { map, key: new Uint8Array(4), value, cpu: "all" });
    if (!movesSingleValues) return assert.throws(store, { name: "NotSupportedError" });
    store();
    assert.deepEqual(
      array.get(0),
      possible.map(() => 6n),
    );
  });

  it("are not there where there is no element", () => {
    using map = createMap(kernel, perCpuHashMap("none", u32, u64, 4));
    assert.equal(map.getOn(1, cpu), undefined);
    using array = createMap(kernel, perCpuArrayMap("none", u64, 4));
    assert.equal(array.getOn(4, cpu), undefined);
  });
});

describe("per-CPU maps", needs("root", "bpf"), () => {
  it("combine their values", () => {
    using map = createMap(kernel, perCpuHashMap("combined", u32, u64, 4));
    const given = possible.map((_, slot) => BigInt(slot + 1));
    map.set(1, given);
    const values = map.get(1)!;
    const count = possible.length;
    assert.deepEqual(
      [sum(values), max(values), min(values), average(values)],
      [BigInt((count * (count + 1)) / 2), BigInt(count), 1n, (count + 1) / 2],
    );
  });

  it("want one value for each CPU", () => {
    using map = createMap(kernel, perCpuArrayMap("counted", u64, 4));
    const many = [...possible.map(() => 1n), 1n];
    assert.throws(() => map.set(0, many), /given for .* possible CPU/);
    assert.throws(() => map.setAll(4, 1n), /has no element 4/);
    assert.deepEqual([...map.keys()], [0, 1, 2, 3]);
  });

  it("find the value of a CPU where the numbers have holes", () => {
    using map = createMap(withHoles, perCpuHashMap("holes", u32, u64, 4));
    const numbers = withHoles.cpus.possible;
    assert.deepEqual(map.cpus, numbers);
    map.set(
      1,
      numbers.map((number) => BigInt(number)),
    );
    for (const number of numbers) assert.equal(map.getOn(1, number), BigInt(number));
    assert.throws(() => map.getOn(1, 0), /has no CPU 0/);
  });
});
