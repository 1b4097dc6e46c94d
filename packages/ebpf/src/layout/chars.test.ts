import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hex } from "../base/bytes.ts";
import { chars } from "./chars.ts";
import { encodeValue, parseValue } from "./value.ts";

const encoder = new TextEncoder();

describe("chars", () => {
  it("stores text and fills up with zeros", () => {
    const view = new DataView(new Uint8Array(8).fill(0xff).buffer);
    chars(6).write(view, 1, "node");
    assert.equal(hex(new Uint8Array(view.buffer), " "), "ff 6e 6f 64 65 00 00 ff");
  });
  it("stores text that is not ASCII as UTF-8", () =>
    assert.equal(hex(encodeValue(chars(8), "aé€")), "61c3a9e282ac0000"));
  it("is named as in C, has its length as size and no alignment", () => {
    const { name, size, alignment } = chars(16);
    assert.deepEqual({ name, size, alignment }, { name: "char[16]", size: 16, alignment: 1 });
  });

  const read = (bytes: readonly number[], expected: string): void =>
    assert.equal(parseValue(chars(bytes.length), Uint8Array.from(bytes)), expected);
  it("reads up to the first zero", () => read([0x61, 0x62, 0, 0x63], "ab"));
  it("reads nothing when zero comes first", () => read([0, 0x61], ""));
  it("reads all when there is no zero", () => read([0x61, 0x62], "ab"));
  it("ignores what is behind the zero, whatever it is", () => read([0x61, 0, 0xff], "a"));
  it("reads half a character as U+FFFD", () => read([0x61, 0xe2, 0x82], "a\ufffd"));
  it("keeps a byte order mark", () => read([0xef, 0xbb, 0xbf, 0x61], "\ufeffa"));
  it("reads text of every length right, around the lengths where the way of reading changes", () => {
    for (let length = 0; length < 200; length++) {
      const text = Array.from({ length }, (_, index) => String.fromCharCode(32 + (index % 95)));
      assert.equal(parseValue(chars(200), encodeValue(chars(200), text.join(""))), text.join(""));
    }
  });
  it("does not read beyond the view, though the buffer goes on", () => {
    const view = new DataView(new Uint8Array(16).fill(0x61).buffer, 0, 8);
    assert.throws(() => chars(16).read(view, 0), RangeError);
    assert.throws(() => chars(8).read(view, -1), RangeError);
  });

  it("reads back any text that has room", () => {
    const text = fc
      .string({ unit: "binary", maxLength: 80 })
      .filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(text, fc.nat(100), (text, more) => {
        const layout = chars(encoder.encode(text).length + 1 + more);
        assert.equal(parseValue(layout, encodeValue(layout, text)), text);
      }),
    );
  });

  const refuse = (length: number, value: unknown, message: string): void =>
    assert.throws(() => encodeValue(chars(length), value as string), {
      name: "InvalidArgumentError",
      message,
    });
  it("wants room for the zero at the end", () =>
    refuse(4, "node", '"node" is too long for char[4]: it is 4 bytes, there is room for 3'));
  it("counts bytes, not characters", () =>
    refuse(4, "é€", '"é€" is too long for char[4]: it is 5 bytes, there is room for 3'));
  it("shows the beginning of a long text", () =>
    refuse(
      4,
      "x".repeat(100),
      `"${"x".repeat(40)}…" is too long for char[4]: it is 100 bytes, there is room for 3`,
    ));
  it("refuses a zero character inside", () =>
    refuse(8, "a\0b", '"a\\u0000b" has a zero character, which would end it in memory'));
  it("refuses half a surrogate pair", () =>
    refuse(8, "\ud800", '"\\ud800" is not Unicode: half of a surrogate pair is missing'));
  it("refuses what is no text", () => refuse(8, 5, "expected char[8] (a string), got 5"));

  it("fills the whole array when no zero need end it", () => {
    const magic = chars(4, { terminated: false });
    assert.equal(hex(encodeValue(magic, "RIFF")), "52494646");
    assert.equal(parseValue(magic, encodeValue(magic, "RIFF")), "RIFF");
    assert.throws(() => encodeValue(magic, "RIFFS"), { name: "InvalidArgumentError" });
  });

  for (const length of [0, -1, 1.5, Number.NaN, 2 ** 31])
    it(`cannot have length ${length}`, () =>
      assert.throws(() => chars(length), { name: "InvalidArgumentError" }));
});
