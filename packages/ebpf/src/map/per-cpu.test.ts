import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { u16, u64 } from "../layout/integer.ts";
import { perCpuArrayMap } from "../spec/array-map.ts";
import { parseCpuList } from "../sys/machine/cpus.ts";
import { PerCpuArrayMap } from "./array-map.ts";
import { average, max, min, perCpuLayout, sum } from "./per-cpu.ts";

describe("perCpuLayout", () => {
  it("gives each CPU a slot of a multiple of 8 bytes", () => {
    const layout = perCpuLayout(u16, 3);
    assert.equal(layout.size, 24);
    const view = new DataView(new ArrayBuffer(24));
    layout.write(view, 0, [1, 2, 3]);
    assert.deepEqual(
      [0, 8, 16].map((offset) => u16.read(view, offset)),
      [1, 2, 3],
    );
    assert.deepEqual(layout.read(view, 0), [1, 2, 3]);
  });

  it("refuses another number of values", () => {
    const layout = perCpuLayout(u64, 2);
    const view = new DataView(new ArrayBuffer(16));
    assert.throws(
      () => layout.write(view, 0, [1n]),
      (error) =>
        error instanceof InvalidArgumentError && /1 value given for 2 possible/.test(error.message),
    );
  });
});

/** Slots of one element as the kernel fills them: CPUs 0, 2 and 3 are possible, and there is nothing for CPU 1. */
describe("a per-CPU array on a machine of which CPU 1 is missing", () => {
  const possible = parseCpuList("0,2-3");
  const memory = new BigUint64Array(3);

  /** A kernel with one element, which refuses single values as those before 7.0 do. */
  const kernel = {
    cpus: { possible, online: [0, 3] },
    openElements: (_: unknown, { valueSize }: { readonly valueSize: number }) => {
      const value = new Uint8Array(valueSize);
      const stored = new Uint8Array(memory.buffer);
      return {
        key: new Uint8Array(4),
        value,
        lookup: () => (value.set(stored), true),
        update: () => stored.set(value),
      };
    },
    bpf: () => {
      throw new NotSupportedError("single values");
    },
  } as unknown as Kernel;
  const handle = { closed: false, close: () => {} } as Handle;
  const map = new PerCpuArrayMap({ kernel, handle, spec: perCpuArrayMap("holes", u64, 1) });

  it("has three values, in the order of the CPUs", () => {
    assert.deepEqual(map.cpus, [0, 2, 3]);
    map.set(0, [10n, 12n, 13n]);
    assert.deepEqual([...memory], [10n, 12n, 13n]);
    assert.deepEqual(map.get(0), [10n, 12n, 13n]);
  });
  it("finds the value of each", () =>
    assert.deepEqual(
      possible.map((cpu) => map.getOn(0, cpu)),
      [10n, 12n, 13n],
    ));
  it("has none for the CPU that is not there", () =>
    assert.throws(() => map.getOn(0, 1), {
      name: "InvalidArgumentError",
      hint: "possible CPUs are 0, 2, 3",
    }));
  it("stores one value for all", () => {
    map.setAll(0, 7n);
    assert.deepEqual([...memory], [7n, 7n, 7n]);
  });
  it("does not store single values where others would be lost", () =>
    assert.throws(() => map.setOn(0, 2, 1n), { name: "NotSupportedError", since: [7, 0] }));
  it("wants as many values as there are CPUs", () =>
    assert.throws(() => map.set(0, [1n, 2n, 3n, 4n]), /4 values given for 3 possible CPUs/));
});

describe("combining per-CPU values", () => {
  it("works on numbers", () =>
    assert.deepEqual(
      [sum([3, 1, 2]), max([3, 1, 2]), min([3, 1, 2]), average([3, 1, 2])],
      [6, 3, 1, 2],
    ));
  it("works on bigints", () =>
    assert.deepEqual(
      [sum([2n ** 63n, 1n]), max([1n, 5n]), min([1n, 5n]), average([1n, 2n])],
      [2n ** 63n + 1n, 5n, 1n, 1.5],
    ));
  it("refuses nothing at all", () => assert.throws(() => sum([]), InvalidArgumentError));
});
