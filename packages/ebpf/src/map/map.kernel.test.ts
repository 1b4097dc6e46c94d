import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import {
  BusyError,
  ExistsError,
  NoSpaceError,
  NotFoundError,
  NotSupportedError,
} from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { bytes } from "../layout/bytes.ts";
import { chars } from "../layout/chars.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { arrayMap, perCpuArrayMap } from "../spec/array-map.ts";
import { hashMap, lruHashMap, perCpuHashMap } from "../spec/hash-map.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { createMap } from "./create.ts";
import { sum } from "./per-cpu.ts";

const usable = needs("bpf");
const kernel = kernelUnderTest();
/** Hash maps have lookup and delete in one step since 5.14. */
const takesInOneStep = isAtLeast(kernel.version, [5, 14]);

/** The kernel without its batch commands, as kernels before 5.6 are. */
const withoutBatches: Kernel = new Proxy(kernel, {
  get: (target, property) => {
    if (property === "bpf") return refuseBatches;
    const member: unknown = Reflect.get(target, property, target);
    return typeof member === "function" ? member.bind(target) : member;
  },
});

const refuseBatches: Kernel["bpf"] = (command, attributes) => {
  if (command.endsWith("Batch")) throw new NotSupportedError("batches", { since: [5, 6] });
  return kernel.bpf(command, attributes);
};

describe("HashMap", usable, () => {
  it("stores, finds and removes elements", () => {
    using map = createMap(kernel, hashMap("counts", u32, u64, 8));
    assert.equal(map.get(1), undefined);
    map.set(1, 10n);
    map.set(2, 20n);
    assert.deepEqual([map.get(1), map.get(2), map.has(2), map.has(3)], [10n, 20n, true, false]);
    assert.equal(map.delete(1), true);
    assert.equal(map.delete(1), false);
    assert.equal(map.get(1), undefined);
    assert.equal(map.count(), 1);
  });

  it("creates only, or replaces only, when asked to", () => {
    using map = createMap(kernel, hashMap("modes", u32, u32, 8));
    assert.throws(() => map.set(1, 1, { mode: "exist" }), NotFoundError);
    map.set(1, 1, { mode: "noexist" });
    assert.throws(() => map.set(1, 2, { mode: "noexist" }), ExistsError);
    map.set(1, 3, { mode: "exist" });
    assert.equal(map.get(1), 3);
  });

  it("says when it is full, and by name", () => {
    using map = createMap(kernel, hashMap("tiny", u32, u32, 2));
    map.set(1, 1);
    map.set(2, 2);
    assert.throws(
      () => map.set(3, 3),
      (error) => error instanceof NoSpaceError && /tiny/.test(error.message),
    );
    map.set(2, 5);
    assert.equal(map.get(2), 5);
  });

  it("takes an element out in one step", () => {
    using map = createMap(kernel, hashMap("once", u32, u64, 8));
    map.set(1, 7n);
    if (!takesInOneStep) {
      const refused = { name: "NotSupportedError", since: [5, 14] };
      assert.throws(() => map.lookupAndDelete(1), refused);
      assert.equal(map.get(1), 7n);
      return;
    }
    assert.equal(map.lookupAndDelete(1), 7n);
    assert.equal(map.lookupAndDelete(1), undefined);
  });

  it("has structs as keys, padding included", () => {
    const Key = struct("key", { pid: u32, name: chars(9), cookie: u64 });
    using map = createMap(kernel, hashMap("by_key", Key, u32, 8));
    map.set({ pid: 1, name: "one", cookie: 2n }, 3);
    assert.equal(map.get({ pid: 1, name: "one", cookie: 2n }), 3);
    assert.equal(map.get({ pid: 1, name: "on", cookie: 2n }), undefined);
    assert.deepEqual([...map.keys()], [{ pid: 1, name: "one", cookie: 2n }]);
  });

  it("refuses values that its layouts cannot hold, and stays usable", () => {
    using map = createMap(kernel, hashMap("strict", u32, u32, 8));
    assert.throws(() => map.set(-1, 0), InvalidArgumentError);
    assert.throws(() => map.set(0, 2 ** 32), InvalidArgumentError);
    assert.throws(() => map.get("x" as never), InvalidArgumentError);
    map.set(0, 1);
    assert.equal(map.count(), 1);
  });

  it("is read whole where values are so large that few fit into a batch", () => {
    using map = createMap(kernel, hashMap("large", u32, bytes(1 << 20), 16));
    const value = new Uint8Array(1 << 20);
    for (let key = 0; key < 16; key++) map.set(key, value.fill(key));
    assert.deepEqual(
      [...map].map(([key, found]) => key === found.at(-1)),
      Array(16).fill(true),
    );
  });

  it("lets the element under the iteration be deleted", () => {
    using map = createMap(kernel, hashMap("shrinking", u32, u32, 64));
    for (let key = 0; key < 64; key++) map.set(key, key);
    const seen = new Set<number>();
    for (const key of map.keys()) {
      seen.add(key);
      map.delete(key);
    }
    assert.equal(seen.size, 64);
    assert.equal(map.count(), 0);
  });

  it("gives each key once while others delete and add", () => {
    using map = createMap(kernel, hashMap("moving", u32, u32, 200));
    for (let key = 0; key < 100; key++) map.set(key, key);
    const met: number[] = [];
    for (const key of map.keys()) {
      met.push(key);
      if (key < 100) map.deleteMany([(key + 1) % 50, (key + 7) % 50]);
      map.set(100 + (key % 100), 0);
    }
    assert.equal(new Set(met).size, met.length);
    for (let key = 50; key < 100; key++) assert.ok(met.includes(key), `${key} is missing`);
  });

  it("behaves like a JavaScript map", () => {
    using map = createMap(kernel, hashMap("model", u32, u32, 64));
    const step = fc.record({
      act: fc.constantFrom("set", "delete", "get", "take"),
      key: fc.integer({ min: 0, max: 20 }),
      value: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        map.clear();
        const model = new Map<number, number>();
        for (const { act, key, value } of steps) {
          if (act === "set") {
            map.set(key, value);
            model.set(key, value);
          } else if (act === "delete") assert.equal(map.delete(key), model.delete(key));
          else if (act === "get") assert.equal(map.get(key), model.get(key));
          else if (takesInOneStep) {
            assert.equal(map.lookupAndDelete(key), model.get(key));
            model.delete(key);
          }
        }
        assert.deepEqual(sorted(map), sorted(model));
      }),
    );
  });
});

for (const [name, made] of [
  ["batches", kernel],
  ["a kernel without batches", withoutBatches],
] as const) {
  describe(`HashMap with ${name}`, usable, () => {
    const expected = made === kernel ? "batch" : "single";
    const thousand = Array.from({ length: 1000 }, (_, key) => [key, BigInt(key)] as const);

    it("stores and reads many elements", () => {
      using map = createMap(made, hashMap("many", u32, u64, 1000));
      assert.equal(map.batchSupport, "untried");
      map.setMany(thousand);
      assert.equal(map.batchSupport, expected);
      assert.deepEqual(sorted(map), thousand);
      assert.equal(map.count(), 1000);
    });

    it("reads in small batches, however buckets fall", () => {
      using map = createMap(made, hashMap("small", u32, u64, 1000));
      map.setMany(thousand);
      const seen: (readonly [number, bigint])[] = [];
      for (const batch of map.batches({ batchSize: 2 })) seen.push(...batch);
      assert.deepEqual(sorted(seen), thousand);
    });

    it("deletes many, and counts those that were there", () => {
      using map = createMap(made, hashMap("fewer", u32, u64, 1000));
      map.setMany(thousand);
      assert.equal(map.deleteMany([0, 5000, 1, 1, 6000, 2]), 3);
      assert.equal(map.count(), 997);
      assert.equal(map.batchSupport, expected);
    });

    it("takes everything out", () => {
      using map = createMap(made, hashMap("taken", u32, u64, 1000));
      map.setMany(thousand);
      assert.deepEqual(sorted(map.take()), thousand);
      assert.equal(map.count(), 0);
      assert.equal(map.clear(), 0);
    });

    it("goes on when the element it stands on is deleted, and tells when that took longer", () => {
      using map = createMap(made, hashMap("thrown", u32, u64, 1000));
      map.setMany(thousand);
      const met = new Set<number>();
      for (const batch of map.batches({ batchSize: 1 })) {
        for (const [key] of batch) {
          assert.ok(!met.has(key), `${key} comes twice`);
          met.add(key);
        }
        // All of the first half but one, so that the element the walk stands on goes at some time.
        if (met.size === 10) map.deleteMany(Array.from({ length: 499 }, (_, key) => key));
      }
      for (let key = 499; key < 1000; key++) assert.ok(met.has(key), `${key} is missing`);
      if (made === kernel) assert.equal(map.restarts, 0);
    });

    it("stores what comes before an element it refuses", () => {
      using map = createMap(made, hashMap("refusing", u32, u64, 1000));
      map.set(2, 0n);
      const three = [1, 2, 3].map((key) => [key, 9n] as const);
      assert.throws(() => map.setMany(three, { mode: "noexist" }), ExistsError);
      assert.deepEqual(sorted(map), [
        [1, 9n],
        [2, 0n],
      ]);
    });
  });
}

describe("LRU hash", usable, () => {
  it("makes room instead of being full", () => {
    using map = createMap(kernel, lruHashMap("recent", u32, u32, 128));
    for (let key = 0; key < 1000; key++) map.set(key, key);
    assert.ok(map.count() <= 128);
    assert.equal(map.get(999), 999);
  });
});

describe("per-CPU maps", usable, () => {
  const cpus = kernel.cpus.possible.length;

  it("keep a value for each possible CPU", () => {
    using map = createMap(kernel, perCpuHashMap("per_cpu", u32, u64, 8));
    const values = kernel.cpus.possible.map((cpu) => BigInt(cpu) + 1n);
    map.set(7, values);
    assert.deepEqual(map.get(7), values);
    map.setAll(7, 5n);
    assert.equal(sum(map.get(7)!), 5n * BigInt(cpus));
    assert.deepEqual(map.cpus, kernel.cpus.possible);
    assert.deepEqual([...map], [[7, Array.from({ length: cpus }, () => 5n)]]);
  });

  it("exist as arrays", () => {
    using map = createMap(kernel, perCpuArrayMap("per_cpu_array", u32, 4));
    map.setAll(3, 2);
    assert.equal(sum(map.get(3)!), 2 * cpus);
    assert.equal(sum(map.get(0)!), 0);
    assert.equal(map.get(4), undefined);
    assert.equal(map.count(), 4);
  });
});

describe("ArrayMap", usable, () => {
  for (const flags of [[], ["mmapable"]] as const) {
    const how = flags.length === 0 ? "by system calls" : "as memory";

    it(`reads and writes ${how}`, () => {
      using map = createMap(kernel, arrayMap("array", u64, { maxEntries: 700, flags }));
      assert.equal(map.mapped, flags.length > 0);
      assert.equal(map.get(3), 0n);
      map.set(3, 42n);
      map.set(699, 1n);
      assert.deepEqual(
        [map.get(3), map.get(699), map.get(700), map.get(-1)],
        [42n, 1n, undefined, undefined],
      );
      assert.throws(() => map.set(700, 1n), InvalidArgumentError);
      assert.equal(
        [...map.values()].reduce((total, value) => total + value),
        43n,
      );
      assert.equal(map.length, 700);
    });

    it(`is read-only after freezing, ${how}`, () => {
      using map = createMap(kernel, arrayMap("frozen", u32, { maxEntries: 4, flags }));
      map.set(0, 7);
      map.freeze();
      assert.throws(() => map.set(0, 8));
      assert.equal(map.get(0), 7);
    });
  }

  it("shares its memory with the kernel's own view", () => {
    using map = createMap(kernel, arrayMap("shared", u32, { maxEntries: 4, flags: ["mmapable"] }));
    map.set(1, 5);
    assert.equal(map.get(1, { lock: "plain" }), 5);
    map.set(1, 6, { mode: "exist" });
    assert.equal(map.get(1), 6);
  });

  it("cannot be frozen while another mapping may write", () => {
    using map = createMap(kernel, arrayMap("busy", u32, { maxEntries: 4, flags: ["mmapable"] }));
    using other = kernel.openMemory(map.handle, { sizeBytes: 32, access: "read-write" });
    assert.throws(() => map.freeze(), BusyError);
    assert.ok(map.mapped, "all is as it was");
    map.set(0, 7);
    assert.equal(map.compareAndSet(0, 7, 8), true);
    other.close();
    map.freeze();
    assert.equal(map.get(0), 8);
    assert.throws(() => map.set(0, 9));
  });
});

describe("every map", usable, () => {
  it("tells about itself", () => {
    using map = createMap(kernel, hashMap("a_name_of_more_than_15", u32, u64, 8));
    const { type, name, keySize, valueSize, maxEntries, id } = map.info();
    assert.deepEqual(
      { type, name, keySize, valueSize, maxEntries },
      { type: "hash", name: "a_name_of_more_", keySize: 4, valueSize: 8, maxEntries: 8 },
    );
    assert.equal(map.id, id);
    assert.ok(id > 0);
  });

  it("takes no changes once it is frozen", () => {
    using map = createMap(kernel, hashMap("frozen", u32, u64, 8));
    map.set(1, 1n);
    map.freeze();
    const denied = { name: "PermissionError", hint: /a frozen map takes no changes/ };
    assert.throws(() => map.set(1, 2n), denied);
    assert.throws(() => map.delete(1), denied);
    assert.throws(() => map.clear(), { name: "PermissionError" });
    assert.equal(map.get(1), 1n);
    assert.throws(() => map.freeze(), /frozen already/);
  });

  it("refuses everything once closed", () => {
    const map = createMap(kernel, arrayMap("gone", u32, { maxEntries: 1, flags: ["mmapable"] }));
    map.close();
    map.close();
    const refuses = (use: () => unknown): void =>
      assert.throws(
        use,
        (error) => error instanceof ClosedError && /map "gone" is closed/.test(error.message),
      );
    refuses(() => map.get(0));
    refuses(() => map.set(0, 1));
    refuses(() => [...map]);
    refuses(() => map.info());
    refuses(() => map.freeze());
    refuses(() => [...map.keys()]);
  });
});

function sorted<Value>(entries: Iterable<readonly [number, Value]>): (readonly [number, Value])[] {
  return [...entries].toSorted(([left], [right]) => left - right);
}
