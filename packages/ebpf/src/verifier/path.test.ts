import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Path } from "./path.ts";

function pathOf(...slots: readonly number[]): Path {
  const path = new Path();
  for (const slot of slots) path.add(slot);
  return path;
}

describe("Path", () => {
  it("keeps what was walked, in order", () => {
    const path = pathOf(0, 1, 1, 3);
    assert.deepEqual(path.slots, [0, 1, 1, 3]);
    assert.equal(path.last, 3);
    assert.equal(pathOf().last, undefined);
  });

  it("goes back to the last time it was at an instruction", () => {
    const path = pathOf(0, 1, 2, 1, 2, 5);
    path.returnTo(1);
    assert.deepEqual(path.slots, [0, 1, 2, 1]);
    path.add(7);
    path.returnTo(2);
    assert.deepEqual(path.slots, [0, 1, 2]);
  });

  it("stays as it is when it never was there", () => {
    const path = pathOf(0, 1);
    path.returnTo(9);
    assert.deepEqual(path.slots, [0, 1]);
    path.returnTo(0);
    path.returnTo(1);
    assert.deepEqual(path.slots, [0]);
  });

  it("is empty after clear", () => {
    const path = pathOf(0, 1);
    path.clear();
    path.returnTo(1);
    assert.deepEqual(path.slots, []);
  });
});
