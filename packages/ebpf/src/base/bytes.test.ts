import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cString, zeroTerminated } from "./bytes.ts";

describe("cString", () => {
  const check = (bytes: readonly number[], expected: string): void =>
    assert.equal(cString(Uint8Array.from(bytes)), expected);

  it("ends at the first zero byte, or where the bytes end", () => {
    check([97, 98, 0, 99], "ab");
    check([97, 98], "ab");
    check([], "");
  });
  it("keeps a byte order mark, which is text", () => {
    const text = "\ufeffname";
    assert.equal(cString(zeroTerminated(text)), text);
  });
});
