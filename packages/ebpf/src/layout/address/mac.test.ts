import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fromHex, hex } from "../../base/bytes.ts";
import type { Layout } from "../layout.ts";
import { struct } from "../struct.ts";
import { encodeValue, parseValue } from "../value.ts";
import { formatMac, mac, parseMac } from "./mac.ts";

describe("hardware addresses", () => {
  const check = (text: string, expected: string): void =>
    assert.equal(hex(parseMac(text)), expected);
  it("are read with colons", () => check("02:42:ac:11:00:02", "0242ac110002"));
  it("are read with hyphens and capitals", () => check("02-42-AC-11-00-02", "0242ac110002"));
  it("are written with colons in small letters", () =>
    assert.equal(formatMac(fromHex("0242AC110002")), "02:42:ac:11:00:02"));
  it("are themselves when formatted and parsed", () => {
    const bytes = fc.uint8Array({ minLength: 6, maxLength: 6 });
    fc.assert(fc.property(bytes, (bytes) => assert.deepEqual(parseMac(formatMac(bytes)), bytes)));
  });
  for (const text of [
    "",
    "02:42:ac:11:00",
    "02:42:ac:11:00:02:03",
    "02:42-ac:11:00:02",
    "2:42:ac:11:00:02",
    "0242ac110002",
    "02:42:ac:11:00:0g",
  ])
    it(`are not ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseMac(text), {
        name: "InvalidArgumentError",
        message: `${JSON.stringify(text)} is not a hardware address`,
      }));
  it("have six bytes", () =>
    assert.throws(() => formatMac(new Uint8Array(8)), {
      message: "a hardware address has 6 bytes, got 8",
    }));
});

describe("mac", () => {
  it("is six bytes anywhere", () => {
    assert.deepEqual([mac.size, mac.alignment], [6, 1]);
    assert.equal(hex(encodeValue(mac, "02:42:ac:11:00:02")), "0242ac110002");
    assert.equal(parseValue(mac, fromHex("0242ac110002")), "02:42:ac:11:00:02");
  });
  it("names the field of what is no address", () => {
    const layout: Layout<unknown> = struct("frame", { source: mac });
    assert.throws(() => encodeValue(layout, { source: "eth0" }), {
      message: 'frame.source: "eth0" is not a hardware address',
    });
    assert.throws(() => encodeValue(layout, { source: 1 }), {
      message: "frame.source: expected a hardware address (a string), got 1",
    });
  });
});
