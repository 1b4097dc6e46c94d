import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kernelVersionOf, parseKernelVersion } from "./kernel-version.ts";

describe("parseKernelVersion", () => {
  it("makes numbers that compare", () => {
    assert.equal(parseKernelVersion("5.4"), 5004);
    assert.equal(parseKernelVersion("5.15"), 5015);
  });
  it("takes nothing else", () => {
    for (const text of ["5", "5.15.1", "v5.15", "0.1", "5.1000", ""]) {
      assert.throws(() => parseKernelVersion(text), /Write a version such as 5\.15/, text);
    }
  });
});

describe("kernelVersionOf", () => {
  it("takes what kernels tell", () => {
    assert.equal(kernelVersionOf("6.1.0-13-amd64"), 6001);
    assert.equal(kernelVersionOf("6.18.5"), 6018);
  });
  it("is 0 for what tells nothing", () => assert.equal(kernelVersionOf("unknown"), 0));
});
