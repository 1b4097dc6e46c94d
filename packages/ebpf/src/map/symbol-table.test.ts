import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SymbolTable } from "./symbol-table.ts";

const table = new SymbolTable([
  { address: 0x300n, name: "last", size: 0 },
  { address: 0x100n, name: "first", size: 0x10, origin: "file" },
  { address: 0x200n, name: "second", size: 0, origin: undefined },
]);

describe("SymbolTable", () => {
  const check = (address: bigint, name: string | undefined, offset?: number): void => {
    const found = table.find(address);
    assert.deepEqual([found?.name, found?.offset], [name, offset]);
  };

  it("finds where a symbol starts", () => check(0x200n, "second", 0));
  it("finds what lies behind it", () => check(0x2ffn, "second", 0xff));
  it("finds the end of what has a size", () => check(0x10fn, "first", 0xf));
  it("finds nothing behind that", () => check(0x110n, undefined));
  it("finds nothing before the first", () => check(0xffn, undefined));
  it("goes on behind the last", () => check(0x1_0000_0000n, "last", 0xffff_fd00));
  it("finds nothing among no symbols", () => assert.equal(new SymbolTable([]).find(1n), undefined));
  it("knows where symbols are from", () => assert.equal(table.find(0x100n)?.origin, "file"));
});
