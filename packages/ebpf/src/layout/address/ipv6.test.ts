import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fromHex, hex } from "../../base/bytes.ts";
import type { Layout } from "../layout.ts";
import { struct } from "../struct.ts";
import { encodeValue, parseValue } from "../value.ts";
import { formatIpv6, ipv6, parseIpv6 } from "./ipv6.ts";

/** Addresses with many zeros, so that runs of them are common. */
const anyAddress = fc
  .array(fc.oneof(fc.constant(0), fc.constantFrom(1, 0xffff), fc.nat(0xffff)), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

describe("formatIpv6", () => {
  const check = (bytes: string, expected: string): void =>
    assert.equal(formatIpv6(fromHex(bytes)), expected);
  // RFC 5952, section by section.
  it("leaves out leading zeros (4.1)", () =>
    check("20010db8 00010002 00030004 00050006", "2001:db8:1:2:3:4:5:6"));
  it("shortens as much as possible (4.2.1)", () =>
    check("20010db8 00000000 00000000 00000001", "2001:db8::1"));
  it("does not shorten a single group (4.2.2)", () =>
    check("20010db8 00000001 00010001 00010001", "2001:db8:0:1:1:1:1:1"));
  it("shortens the longest run (4.2.3)", () =>
    check("20010000 00000001 00000000 00000001", "2001:0:0:1::1"));
  it("shortens the first of equal runs (4.2.3)", () =>
    check("20010db8 00000000 00010000 00000001", "2001:db8::1:0:0:1"));
  it("writes small letters (4.3)", () =>
    check("abcdef00 00010001 00010001 0001ffff", "abcd:ef00:1:1:1:1:1:ffff"));
  it("writes mapped IPv4 addresses with dots (5)", () =>
    check("00000000 00000000 0000ffff c0000201", "::ffff:192.0.2.1"));
  it("writes the mapped zero address with dots", () =>
    check("00000000 00000000 0000ffff 00000000", "::ffff:0.0.0.0"));
  it("shortens all", () => check("00".repeat(16), "::"));
  it("shortens at the start", () => check("00000000 00000000 00000000 00000001", "::1"));
  it("shortens at the end", () => check("fe800000 00000000 00000000 00000000", "fe80::"));
  it("writes no dots where the group before is not ffff", () =>
    check("00000000 00000000 0000fffe c0000201", "::fffe:c000:201"));
  it("writes what a URL has as host", () => {
    fc.assert(
      fc.property(anyAddress, (bytes) => {
        const text = formatIpv6(bytes);
        // URLs never use dots, everything else is as in RFC 5952.
        fc.pre(!text.includes("."));
        assert.equal(new URL(`http://[${text}]`).hostname, `[${text}]`);
      }),
    );
  });
  it("wants 16 bytes", () =>
    assert.throws(() => formatIpv6(new Uint8Array(4)), {
      message: "an IPv6 address has 16 bytes, got 4",
    }));
});

describe("parseIpv6", () => {
  const check = (text: string, bytes: string): void =>
    assert.equal(hex(parseIpv6(text)), bytes.replaceAll(" ", ""));
  it("reads eight groups", () => check("1:2:3:4:5:6:7:8", "0001000200030004 0005000600070008"));
  it("reads capitals and leading zeros", () =>
    check("0ABC:00D:0:0:0:0:0:000f", "0abc000d00000000 000000000000000f"));
  it("reads ::", () => check("::", "00".repeat(16)));
  it("reads :: at the start", () => check("::8", `${"00".repeat(15)}08`));
  it("reads :: at the end", () => check("1::", `0001${"00".repeat(14)}`));
  it("reads :: for a single group", () =>
    check("1:2:3:4:5:6:7::", "0001000200030004 0005000600070000"));
  it("reads an IPv4 address behind ::", () => check("::1.2.3.4", `${"00".repeat(12)}01020304`));
  it("reads an IPv4 address behind six groups", () =>
    check("1:2:3:4:5:6:255.2.3.4", "0001000200030004 00050006ff020304"));
  it("reads an IPv4 address behind a prefix", () =>
    check("64:ff9b::192.0.2.33", "0064ff9b00000000 00000000c0000221"));

  for (const text of [
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    ":1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:",
    "12345::",
    "g::",
    " ::1",
    "::1\n",
    "1.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::1.2.3",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::/64",
    "[::1]",
  ])
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseIpv6(text), {
        name: "InvalidArgumentError",
        message: `${JSON.stringify(text)} is not an IPv6 address`,
      }));
  it("refuses a wrong IPv4 address at the end", () =>
    assert.throws(() => parseIpv6("::1.2.3.256"), {
      message: '"1.2.3.256" is not an IPv4 address',
    }));
  it("says that zones are no part of addresses", () =>
    assert.throws(() => parseIpv6("fe80::1%eth0"), { hint: "leave out the zone behind %" }));

  it("reads back what was formatted", () => {
    fc.assert(
      fc.property(anyAddress, (bytes) => assert.deepEqual(parseIpv6(formatIpv6(bytes)), bytes)),
    );
  });
  it("takes what Node takes for an address, and nothing else", () => {
    const part = fc.constantFrom("0", "1", "ab", "FFFF", "12345", "", "", "1.2.3.4", "g");
    const text = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(":"));
    fc.assert(
      fc.property(text, (text) =>
        assert.equal(
          accepts(() => parseIpv6(text)),
          isIPv6(text),
        ),
      ),
      { numRuns: 1000 },
    );
  });
});

describe("ipv6", () => {
  it("lies in memory as struct in6_addr", () => {
    assert.equal(hex(encodeValue(ipv6, "2001:db8::ff")), "20010db80000000000000000000000ff");
    assert.deepEqual([ipv6.size, ipv6.alignment], [16, 4]);
  });
  it("reads what was written", () => {
    fc.assert(
      fc.property(anyAddress, (bytes) => {
        assert.deepEqual(encodeValue(ipv6, parseValue(ipv6, bytes)), bytes);
        assert.equal(parseValue(ipv6, bytes), formatIpv6(bytes));
      }),
    );
  });
  it("names the field of what is no address", () => {
    const layout: Layout<unknown> = struct("flow", { source: ipv6 });
    assert.throws(() => encodeValue(layout, { source: "::g" }), {
      message: 'flow.source: "::g" is not an IPv6 address',
    });
    assert.throws(() => encodeValue(layout, { source: null }), {
      message: "flow.source: expected an IPv6 address (a string), got null",
    });
  });
});

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
