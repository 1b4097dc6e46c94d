import assert from "node:assert/strict";
import { isIPv4 } from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hex } from "../../base/bytes.ts";
import type { Layout } from "../layout.ts";
import { struct } from "../struct.ts";
import { encodeValue, parseValue } from "../value.ts";
import { formatIpv4, ipv4, parseIpv4 } from "./ipv4.ts";

describe("IPv4 addresses", () => {
  const check = (text: string, address: number): void => {
    assert.equal(parseIpv4(text), address);
    assert.equal(formatIpv4(address), text);
  };
  it("have the first number in the high byte", () => check("10.0.0.1", 0x0a000001));
  it("start at zero", () => check("0.0.0.0", 0));
  it("end at 2^32 - 1", () => check("255.255.255.255", 0xffffffff));
  it("are themselves when formatted and parsed", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (address) => {
        assert.equal(parseIpv4(formatIpv4(address)), address);
        assert.ok(isIPv4(formatIpv4(address)));
      }),
    );
  });
  it("are those that Node takes for addresses", () => {
    const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom("", "00", "01", "1a", " 1"));
    const text = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
    fc.assert(
      fc.property(text, (text) =>
        assert.equal(
          accepts(() => parseIpv4(text)),
          isIPv4(text),
        ),
      ),
    );
  });
  for (const text of [
    "",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4.5",
    "1.2.3.04",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "1.2.3.-4",
  ])
    it(`are not ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseIpv4(text), {
        name: "InvalidArgumentError",
        message: `${JSON.stringify(text)} is not an IPv4 address`,
      }));
});

describe("ipv4", () => {
  it("lies in memory as in packets", () => {
    assert.equal(hex(encodeValue(ipv4, "10.1.2.3")), "0a010203");
    assert.equal(parseValue(ipv4, Uint8Array.of(10, 1, 2, 3)), "10.1.2.3");
    assert.equal(ipv4.alignment, 4);
  });
  it("names the field of what is no address", () => {
    const layout: Layout<unknown> = struct("flow", { source: ipv4 });
    assert.throws(() => encodeValue(layout, { source: "localhost" }), {
      name: "InvalidArgumentError",
      message: 'flow.source: "localhost" is not an IPv4 address',
      hint: "write four numbers from 0 to 255 without leading zeros, as in 10.0.0.1",
    });
    assert.throws(() => encodeValue(layout, { source: 7 }), {
      message: "flow.source: expected an IPv4 address (a string), got 7",
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
