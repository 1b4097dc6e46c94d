import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "./errors.ts";
import { assertBytes, assertMembers, kindOf } from "./given.ts";

function refuses(act: () => void, message: RegExp): void {
  assert.throws(
    act,
    (error) => error instanceof InvalidArgumentError && message.test(error.format()),
  );
}

describe("kindOf", () => {
  const check = (value: unknown, expected: string): void => assert.equal(kindOf(value), expected);

  it("says what something is", () => {
    check(undefined, "nothing");
    check(null, "null");
    check([], "an array");
    check(Promise.resolve(), "a promise");
    check({}, "an object");
    check(() => 1, "a function");
    check("x", "a text");
    check(1n, "a bigint");
  });
});

describe("assertMembers", () => {
  const check = (given: unknown) => assertMembers(given as object, ["packet", "args"], "a run");

  it("takes what is known", () => {
    check({});
    check({ packet: 1 });
  });
  it("names what may have been meant, or all there is", () => {
    refuses(() => check({ pakcet: 1 }), /a run takes no "pakcet"\n {2}hint: did you mean "packet"/);
    refuses(() => check({ x: 1 }), /a run takes no "x"\n {2}hint: there are packet, args/);
  });
  it("refuses what has no members", () => {
    refuses(() => check(5), /a run is given a number, not an object/);
    refuses(() => check(new Uint8Array(1)), /a run is given bytes, not an object/);
    refuses(() => check(null), /a run is given null/);
  });
});

describe("assertBytes", () => {
  it("takes bytes", () => assertBytes(Buffer.from("x"), "the packet"));
  it("refuses all else", () => {
    refuses(
      () => assertBytes("abc", "the packet"),
      /the packet is a text, not bytes\n {2}hint: give/,
    );
    refuses(() => assertBytes([1, 2], "the packet"), /the packet is an array/);
    refuses(() => assertBytes(undefined, "the packet"), /the packet is nothing/);
  });
});
