import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import type { SymbolType } from "../elf/elf.ts";
import { readElf } from "../elf/read.ts";
import { type NewSymbol, writeElf } from "../elf/write.ts";
import { functionOffset } from "./function-offset.ts";

const symbol = (name: string, type: SymbolType, value: number): NewSymbol => ({
  name,
  type,
  value,
  binding: "global",
  section: 0,
  size: 8,
});

/** A file with code and these symbols. */
const file = (...symbols: readonly NewSymbol[]): Uint8Array =>
  writeElf({
    byteOrder: "little",
    machine: 62,
    sections: [{ name: ".text", flags: ["alloc", "execute"], bytes: new Uint8Array(64) }],
    symbols,
  });

describe("functionOffset", () => {
  const bytes = file(symbol("data", "object", 0), symbol("work", "function", 24));
  const text = readElf(bytes).sections.find(({ name }) => name === ".text")!;

  it("is that of the code in the file", () =>
    assert.equal(functionOffset(bytes, "/bin/x", "work"), text.offset + 24));

  const refuses = (given: Uint8Array, name: string, hint: RegExp): void =>
    assert.throws(
      () => functionOffset(given, "/bin/x", name),
      (error) => error instanceof InvalidArgumentError && hint.test(error.hint ?? ""),
    );
  it("names the function that may have been meant", () => refuses(bytes, "wrok", /"work"/));
  it("is only known of functions", () => refuses(bytes, "data", /^$/));
  it("is not known of files without symbols", () => refuses(file(), "work", /stripped/));
  it("is not known of other files", () =>
    assert.throws(() => functionOffset(new Uint8Array(100), "/x", "work"), MalformedError));
});
