import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readElf } from "./read.ts";
import { findSymbols, readSymbols } from "./tables.ts";
import { writeElf } from "./write.ts";

const names = ["send", "tcp_send", "send@OLD", "send@@NEW", "sender", "tcp_send@@NEW", "send"];
const file = readElf(
  writeElf({
    byteOrder: "little",
    machine: 62,
    sections: [{ name: ".text", flags: ["alloc", "execute"], bytes: new Uint8Array(64) }],
    symbols: names.map((name, index) => ({
      name,
      binding: "global",
      type: "function",
      section: 0,
      value: index,
      size: 1,
    })),
  }),
);

describe("findSymbols", () => {
  const check = (name: string): void => {
    const all = readSymbols(file).map((symbol, index) => ({ index, symbol }));
    const expected = all.filter(({ symbol }) => symbol.name.split("@")[0] === name);
    assert.deepEqual(findSymbols(file, "symtab", name), name === "" ? [] : expected);
  };
  it("finds those that readSymbols has, of each version", () => {
    for (const name of ["send", "tcp_send", "sender", "recv", "end", "s", ""]) check(name);
    assert.equal(findSymbols(file, "symtab", "send").length, 4);
  });
  it("finds none without a table", () => assert.deepEqual(findSymbols(file, "dynsym", "send"), []));
});
