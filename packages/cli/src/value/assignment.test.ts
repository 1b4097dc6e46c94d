import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAssignment } from "./assignment.ts";

describe("parseAssignment", () => {
  const check = (text: string, name: string, value: string): void =>
    assert.deepEqual(parseAssignment(text), { name, text: value });

  it("takes a name and a value", () => check("target=4711", "target", "4711"));
  it("takes what is behind the first =", () => check("path=/a=b", "path", "/a=b"));
  it("takes an empty value", () => check("name=", "name", ""));
  it("takes line breaks", () => check("name=a\nb", "name", "a\nb"));
  it("refuses what has no name or no =", () => {
    for (const text of ["name", "=1", ""]) {
      assert.throws(() => parseAssignment(text), /Write NAME=VALUE/, text);
    }
  });
});
