import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hex } from "../../base/bytes.ts";
import type { Layout } from "../layout.ts";
import { encodeValue, parseValue } from "../value.ts";
import { ipv4Prefix, ipv6Prefix } from "./prefix.ts";

describe("prefixes", () => {
  const check = (layout: Layout<string>, text: string, expected: string): void => {
    assert.equal(hex(encodeValue(layout, text), " "), expected);
    assert.equal(parseValue(layout, encodeValue(layout, text)), text);
  };
  // The length is in this machine's order, the address in the network's.
  it("are a length and an IPv4 address", () =>
    check(ipv4Prefix, "10.1.0.0/16", "10 00 00 00 0a 01 00 00"));
  it("are a length and an IPv6 address", () =>
    check(
      ipv6Prefix,
      "2001:db8::/32",
      "20 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 00",
    ));
  it("may have length 0", () => check(ipv4Prefix, "0.0.0.0/0", "00 00 00 00 00 00 00 00"));
  it("may be whole addresses", () => {
    check(ipv4Prefix, "255.0.0.1/32", "20 00 00 00 ff 00 00 01");
    assert.equal(encodeValue(ipv6Prefix, "::1/128")[0], 128);
  });
  it("keep the bits behind the prefix", () =>
    check(ipv4Prefix, "10.1.2.3/8", "08 00 00 00 0a 01 02 03"));
  it("are as large as keys of LPM tries", () => {
    assert.deepEqual([ipv4Prefix.size, ipv4Prefix.alignment], [8, 4]);
    assert.deepEqual([ipv6Prefix.size, ipv6Prefix.alignment], [20, 4]);
  });
  it("take an address for the network of that address alone", () => {
    assert.deepEqual(encodeValue(ipv4Prefix, "10.0.0.1"), encodeValue(ipv4Prefix, "10.0.0.1/32"));
    assert.deepEqual(encodeValue(ipv6Prefix, "::1"), encodeValue(ipv6Prefix, "::1/128"));
  });
  it("store what they read", () => {
    const key = fc.tuple(fc.nat(32), fc.uint8Array({ minLength: 4, maxLength: 4 }));
    fc.assert(
      fc.property(key, ([length, address]) => {
        const bytes = Uint8Array.of(length, 0, 0, 0, ...address);
        assert.deepEqual(encodeValue(ipv4Prefix, parseValue(ipv4Prefix, bytes)), bytes);
      }),
    );
  });

  const refuse = (layout: Layout<string>, text: unknown, message: string): void =>
    assert.throws(() => encodeValue(layout as Layout<unknown>, text), {
      name: "InvalidArgumentError",
      message,
    });
  for (const text of [
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/08",
    "10.0.0.0/8.0",
    "10.0.0.0/ 8",
  ])
    it(`are not ${text}`, () => refuse(ipv4Prefix, text, `"${text}" is not a network`));
  it("are not longer than an IPv6 address", () =>
    refuse(ipv6Prefix, "::/129", '"::/129" is not a network'));
  it("need an address of their family", () =>
    refuse(ipv4Prefix, "::1/8", 'ipv4_prefix.address: "::1" is not an IPv4 address'));
  it("are text", () => refuse(ipv4Prefix, 8, "expected a network (a string), got 8"));
});
