import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { layOutFrame } from "./frame.ts";

describe("layOutFrame", () => {
  it("aligns slots below r10, those of large alignment first", () => {
    const byte = { id: 0, size: 1, alignment: 1, name: "byte" };
    const key = { id: 1, size: 12, alignment: 4, name: "key" };
    const word = { id: 2, size: 8, alignment: 8, name: "word" };
    const frame = layOutFrame([byte, key, word]);
    assert.deepEqual([byte, key, word].map(frame.offsetOf), [-21, -20, -8]);
    assert.equal(frame.sizeBytes, 21);
  });

  it("needs nothing for nothing", () => assert.equal(layOutFrame([]).sizeBytes, 0));
});
