import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseIsaVersion } from "./isa-version.ts";

describe("parseIsaVersion", () => {
  it("takes both ways of writing them", () => {
    assert.equal(parseIsaVersion("3"), 3);
    assert.equal(parseIsaVersion("v4"), 4);
  });
  it("takes no others", () => {
    for (const text of ["0", "5", "v", "3.0", ""]) {
      assert.throws(() => parseIsaVersion(text), /There are 1, 2, 3/, text);
    }
  });
});
