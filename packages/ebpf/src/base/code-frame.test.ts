import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { codeFrame, placeName } from "./code-frame.ts";

function check(line: number, column: number, text: string, expected: readonly string[]): void {
  assert.deepEqual(codeFrame({ line, column, text }), expected);
}

describe("codeFrame", () => {
  it("marks the column below the line", () =>
    check(9, 3, "  v.value += 1n;", ["    9 |   v.value += 1n;", "      |   ^"]));

  it("keeps tabs before the column", () =>
    check(10, 3, "\t\tcall();", ["   10 | \t\tcall();", "      | \t\t^"]));

  it("marks as much as is asked for, within the line", () => {
    const marked = (length: number): string =>
      codeFrame({ line: 1, column: 3, text: "a bcd" }, length)[1]!;
    assert.equal(marked(2), "      |   ^^");
    assert.equal(marked(0), "      |   ^");
    assert.equal(marked(9), "      |   ^^^");
  });

  it("makes room for long numbers", () => check(1234567, 1, "x", ["1234567 | x", "        | ^"]));

  it("stays with the line when the column is beyond it, or none", () => {
    check(1, 99, "abc", ["    1 | abc", "      |    ^"]);
    check(1, 0, "abc", ["    1 | abc", "      | ^"]);
    check(1, 1, "", ["    1 |", "      | ^"]);
  });
});

describe("placeName", () => {
  it("is what editors make links of", () =>
    assert.equal(placeName({ file: "src/a.ts", line: 9, column: 3 }), "src/a.ts:9:3"));
});
