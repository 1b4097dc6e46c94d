import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import { Refusal } from "../refusal.ts";
import { memberAt } from "./types.ts";

const builder = new BtfBuilder();
const int = builder.int("int", 4, 1);
const short = builder.int("short", 2, 1);
const other = builder.struct("other", 4, [["x", int, 0]]);
const either = builder.union("", 8, [
  ["low", short, 0],
  ["whole", builder.array(int, 2), 0],
]);
const thing = builder.struct("thing", 32, [
  ["number", int, 0],
  ["bits", int, 32, 12],
  ["address", builder.ptr(other), 64],
  ["", either, 128],
  ["end", int, 192],
]);
const types = parseBtf(builder.build());

function check(offset: number, size: number, expected: string | RegExp): void {
  const look = (): string => memberAt({ types, id: thing }, { offset, size }).kind;
  if (typeof expected === "string") assert.equal(look(), expected);
  else assert.throws(look, (error) => error instanceof Refusal && expected.test(error.message));
}

describe("members of structs of the kernel", () => {
  it("are read whole or in part", () => {
    check(0, 4, "number");
    check(2, 2, "number");
    check(2, 4, /access beyond the end of member number/);
    check(32, 4, /access beyond struct thing/);
    check(28, 4, /doesn't have field at offset 28/);
  });

  it("that are bits are read whole", () => {
    check(4, 2, "number");
    check(4, 1, /doesn't have field at offset 4/);
    check(5, 1, /doesn't have field at offset 5/);
  });

  it("that are addresses are read whole", () => {
    check(8, 8, "address");
    check(8, 4, /cannot access ptr member address/);
    check(12, 4, /cannot access ptr member address/);
  });

  it("of unions may be read beyond the first that is there", () => {
    check(16, 2, "number");
    check(16, 8, "number");
  });
});
