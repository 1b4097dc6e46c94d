import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u16, u64 } from "../layout/integer.ts";
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
