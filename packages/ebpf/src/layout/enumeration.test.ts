import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { enumeration } from "./enumeration.ts";
import { be16, s32, u32, u8 } from "./integer.ts";
import type { Layout } from "./layout.ts";
import { struct } from "./struct.ts";
import { encodeValue, parseValue } from "./value.ts";

const Action = enumeration(u32, { ABORTED: 0, DROP: 1, PASS: 2 });

const Holder: Layout<unknown> = struct("s", { action: Action });

describe("enumeration", () => {
  const check = (value: string | number, stored: number, read: string | number): void => {
    const bytes = encodeValue(Action as Layout<string | number>, value);
    assert.equal(parseValue(u32, bytes), stored);
    assert.equal(parseValue(Action, bytes), read);
  };
  it("stores names as their numbers", () => check("PASS", 2, "PASS"));
  it("stores the name of zero", () => check("ABORTED", 0, "ABORTED"));
  it("stores numbers, and reads those with a name as name", () => check(1, 1, "DROP"));
  it("reads a number without a name as itself", () => check(77, 77, 77));
  it("reads the first of two names", () => {
    const layout = enumeration(u8, { EAGAIN: 11, EWOULDBLOCK: 11 });
    assert.equal(parseValue(layout, encodeValue(layout, "EWOULDBLOCK")), "EAGAIN");
  });
  it("has the memory of its integer, sign and byte order included", () => {
    assert.deepEqual([...encodeValue(enumeration(be16, { IPV4: 0x0800 }), "IPV4")], [8, 0]);
    const layout = enumeration(s32, { ERROR: -1 });
    assert.equal(parseValue(layout, encodeValue(layout, "ERROR")), "ERROR");
  });
  it("tells its values", () => assert.deepEqual(Action.values, { ABORTED: 0, DROP: 1, PASS: 2 }));

  const refuse = (value: unknown, message: string, hint?: string): void =>
    assert.throws(() => encodeValue(Holder, { action: value }), {
      name: "InvalidArgumentError",
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  it("says which name may have been meant", () =>
    refuse(
      "PAS",
      's.action: expected one of ABORTED, DROP, PASS or a number, got "PAS"',
      'did you mean "PASS"?',
    ));
  it("refuses a name that all objects have", () =>
    refuse(
      "toString",
      's.action: expected one of ABORTED, DROP, PASS or a number, got "toString"',
    ));
  it("refuses a number out of range", () =>
    refuse(-1, "s.action: -1 is out of range for u32 (0 to 4294967295)"));
  it("refuses what is neither", () =>
    refuse(null, "s.action: expected one of ABORTED, DROP, PASS or a number, got null"));

  it("cannot have a value that does not fit", () =>
    assert.throws(() => enumeration(u8, { A: 1, B: 256 }), {
      message: "enumeration.B: 256 is out of range for u8 (0 to 255)",
    }));
  it("needs names", () =>
    assert.throws(() => enumeration(u8, {}), { message: "enumeration: there are no names" }));
});
