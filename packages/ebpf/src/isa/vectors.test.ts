/**
 * Every opcode there is, in bytes and text, as written down in test/vectors/instructions.txt.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fromHex, hex } from "../base/bytes.ts";
import { decode } from "./decode.ts";
import { decoderOf } from "./decoders.ts";
import { encode } from "./encode.ts";
import { format } from "./format.ts";
import { parse } from "./parse.ts";

const file = new URL("../../test/vectors/instructions.txt", import.meta.url);
const vectors = readFileSync(file, "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    // The text itself can contain " | ", so the first and the last one count.
    const [first, last] = [line.indexOf(" | "), line.lastIndexOf(" | ")];
    return {
      bytes: fromHex(line.slice(0, first)),
      text: line.slice(first + 3, last),
      note: line.slice(last + 3),
    };
  });
const little = { byteOrder: "little" } as const;

/** The same slots on a machine with the other byte order, RFC 9669 §3.1. */
function turned(bytes: Uint8Array): Uint8Array {
  const slots = Array.from({ length: bytes.length / 8 }, (_, index) =>
    bytes.subarray(8 * index, 8 * index + 8),
  );
  return Uint8Array.from(
    slots.flatMap(([opcode = 0, registers = 0, ...rest]) => [
      opcode,
      ((registers << 4) | (registers >> 4)) & 0xff,
      ...rest.slice(0, 2).toReversed(),
      ...rest.slice(2).toReversed(),
    ]),
  );
}

describe("instruction vectors", () => {
  it("cover every opcode that decodes", () => {
    const covered = new Set(vectors.map(({ bytes }) => bytes[0]));
    const known = Array.from({ length: 256 }, (_, opcode) => opcode).filter(decoderOf);
    assert.deepEqual(
      known.filter((opcode) => !covered.has(opcode)),
      [],
    );
    assert.equal(covered.size, known.length);
  });

  for (const { bytes, text, note } of vectors) {
    it(`${text} (${note})`, () => {
      const instructions = decode(bytes, little);
      assert.equal(instructions.length, 1);
      assert.equal(format(instructions[0]!), text);
      assert.deepEqual(parse(text), instructions);
      assert.equal(hex(encode(instructions, little), " "), hex(bytes, " "));
      assert.deepEqual(decode(turned(bytes), { byteOrder: "big" }), instructions);
      assert.deepEqual(encode(instructions, { byteOrder: "big" }), turned(bytes));
      assert.ok(Object.isFrozen(instructions[0]));
    });
  }
});
