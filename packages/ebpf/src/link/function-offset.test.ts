import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import type { SymbolBinding, SymbolType } from "../elf/elf.ts";
import { readElf } from "../elf/read.ts";
import { type NewSymbol, writeElf } from "../elf/write.ts";
import { FileFunctions } from "./function-offset.ts";

const symbol = (
  name: string,
  type: SymbolType,
  value: number,
  binding: SymbolBinding = "global",
): NewSymbol => ({ name, type, value, binding, section: 0, size: 8 });

const functionOffset = (bytes: Uint8Array, path: string, name: string): number =>
  new FileFunctions(bytes, path).offsetOf(name);

/** A file with code and these symbols. */
const file = (...symbols: readonly NewSymbol[]): Uint8Array =>
  writeElf({
    byteOrder: "little",
    machine: 62,
    sections: [{ name: ".text", flags: ["alloc", "execute"], bytes: new Uint8Array(64) }],
    symbols,
  });

describe("FileFunctions", () => {
  const start = (bytes: Uint8Array): number =>
    readElf(bytes).sections.find(({ name }) => name === ".text")!.offset;

  it("find all that fit a pattern, each place once", () => {
    const bytes = file(
      symbol("tcp_send", "function", 8),
      symbol("tcp_alias", "function", 8),
      symbol("tcp_close", "function", 0),
      symbol("udp_send", "function", 16),
      symbol("tcp_count", "object", 24),
    );
    const functions = new FileFunctions(bytes, "/x");
    assert.deepEqual(functions.matching("tcp_*"), [start(bytes), start(bytes) + 8]);
    assert.throws(() => functions.matching("sctp_*"), InvalidArgumentError);
    assert.throws(() => new FileFunctions(file(), "/x").matching("*"), /no function that fits/);
  });
  it("prefer what others see", () => {
    const names = [
      symbol("f", "function", 8, "local"),
      symbol("f", "function", 16, "weak"),
      symbol("f", "function", 24),
    ];
    for (const count of [1, 2, 3]) {
      const bytes = file(...names.slice(0, count));
      assert.equal(functionOffset(bytes, "/x", "f"), start(bytes) + 8 * count);
    }
  });
  it("tell when several are meant", () => {
    const twice = file(symbol("f", "function", 8, "local"), symbol("f", "function", 16, "local"));
    assert.throws(() => functionOffset(twice, "/x", "f"), {
      message: '/x has 2 functions "f"',
      hint: /^give an offset: 0x[\da-f]+, 0x[\da-f]+$/,
    });
    const same = file(symbol("f", "function", 8, "local"), symbol("f", "function", 8, "local"));
    assert.equal(functionOffset(same, "/x", "f"), start(same) + 8);
  });
  it("know versions in names", () => {
    const bytes = file(symbol("f@OLD", "function", 8), symbol("f@@NEW", "function", 16));
    assert.equal(functionOffset(bytes, "/x", "f"), start(bytes) + 16);
    assert.equal(functionOffset(bytes, "/x", "f@OLD"), start(bytes) + 8);
    assert.throws(() => functionOffset(bytes, "/x", "f@OTHER"), { hint: "there is OLD, NEW" });
  });
});

describe("offsetOf", () => {
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
