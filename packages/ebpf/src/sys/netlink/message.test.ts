import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hex, littleEndian } from "../../base/bytes.ts";
import {
  concatenate,
  decodeAttributes,
  decodeMessages,
  decodeNumber,
  encodeAttribute,
  encodeNested,
  encodeNumber,
  encodeRequest,
  encodeText,
} from "./message.ts";

const skip = littleEndian ? false : "the figures are of a little-endian machine";

describe("encodeRequest", { skip }, () => {
  it("puts a header in front", () => {
    const bytes = encodeRequest({ type: 18, flags: 0x301, body: Uint8Array.of(0xaa, 0xbb) }, 7);
    assert.equal(hex(bytes, " "), "12 00 00 00 12 00 01 03 07 00 00 00 00 00 00 00 aa bb");
  });
});

describe("encodeAttribute", { skip }, () => {
  const check = (value: readonly number[], expected: string): void =>
    assert.equal(hex(encodeAttribute(3, Uint8Array.from(value)), " "), expected);

  it("pads to four bytes, which the length does not count", () =>
    check([0x6c, 0x6f, 0], "07 00 03 00 6c 6f 00 00"));
  it("pads nothing that is even", () => check([1, 2, 3, 4], "08 00 03 00 01 02 03 04"));
  it("encodes an empty value", () => check([], "04 00 03 00"));
});

describe("attributes of a kind", { skip }, () => {
  const check = (bytes: Uint8Array, expected: string): void =>
    assert.equal(hex(bytes, " "), expected);

  it("are no numbers that have more bits, or a fraction", () => {
    for (const value of [2 ** 32, -(2 ** 31) - 1, 0.5, Number.NaN])
      assert.throws(() => encodeNumber(1, value), { name: "InvalidArgumentError" });
  });
  it("are numbers of 32 bits", () => check(encodeNumber(1, -1), "08 00 01 00 ff ff ff ff"));
  it("are texts with a zero", () => check(encodeText(1, "bpf"), "08 00 01 00 62 70 66 00"));
  it("are nested, with the bit that says so", () =>
    check(
      encodeNested(2, [encodeNumber(1, 7), encodeText(2, "")]),
      "14 00 02 80 08 00 01 00 07 00 00 00 05 00 02 00 00 00 00 00",
    ));
});

describe("decodeNumber", { skip }, () => {
  const check = (bytes: readonly number[] | undefined, expected: number): void =>
    assert.equal(decodeNumber(bytes && Uint8Array.from(bytes)), expected);

  it("takes the sizes that attributes have", () => {
    check([5], 5);
    check([1, 2], 0x0201);
    check([1, 2, 3, 0x84], 0x8403_0201);
  });
  it("is 0 for what is no number or not there", () => {
    check([], 0);
    check([1, 2, 3], 0);
    check(undefined, 0);
  });
});

describe("decodeMessages", () => {
  const request = (...body: readonly number[]): Uint8Array =>
    encodeRequest({ type: 16, flags: 2, body: Uint8Array.from(body) }, 9);

  it("reads several messages of one datagram", () => {
    const datagram = concatenate([request(1, 2, 3, 4), request(5, 6, 7, 8)]);
    const messages = [...decodeMessages(datagram)];
    assert.deepEqual(
      messages.map(({ type, flags, sequence, body }) => [type, flags, sequence, hex(body)]),
      [
        [16, 2, 9, "01020304"],
        [16, 2, 9, "05060708"],
      ],
    );
  });
  it("ends at what is cut off", () =>
    assert.equal([...decodeMessages(request(1, 2, 3, 4).subarray(0, 18))].length, 0));
  it("ends at a length that is too small to be one", () =>
    assert.equal([...decodeMessages(new Uint8Array(64))].length, 0));
  it("never fails, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const { body } of decodeMessages(bytes)) assert.ok(body.length < bytes.length);
      }),
    );
  });
});

describe("decodeAttributes", () => {
  it("reads back what was encoded", () => {
    const attribute = fc.tuple(
      fc.integer({ min: 0, max: 0x3fff }),
      fc.uint8Array({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(attribute, { selector: ([type]) => type }), (attributes) => {
        const bytes = concatenate(attributes.map(([type, value]) => encodeAttribute(type, value)));
        const decoded = [...decodeAttributes(bytes)].map(([type, value]) => [type, hex(value)]);
        assert.deepEqual(
          decoded,
          attributes.map(([type, value]) => [type, hex(value)]),
        );
      }),
    );
  });
  it("leaves out the bits that are not part of a type", () =>
    assert.deepEqual([...decodeAttributes(encodeAttribute(0x8003, Uint8Array.of(1))).keys()], [3]));
  it("never fails, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const value of decodeAttributes(bytes).values())
          assert.ok(value.length < bytes.length);
      }),
    );
  });
});
