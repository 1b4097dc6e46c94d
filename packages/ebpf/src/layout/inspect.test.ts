import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ipv4 } from "./address/ipv4.ts";
import { array } from "./array.ts";
import { bytes } from "./bytes.ts";
import { chars } from "./chars.ts";
import { offsetOf, sameLayout, sizeOf } from "./inspect.ts";
import { be32, s32, u16, u32, u64, u8 } from "./integer.ts";
import type { Layout } from "./layout.ts";
import { struct } from "./struct.ts";
import { u53 } from "./u53.ts";

describe("sizeOf and offsetOf", () => {
  const Pair = struct("pair", { a: u8, b: u32 });
  it("count padding", () => {
    assert.equal(sizeOf(Pair), 8);
    assert.equal(offsetOf(Pair, "b"), 4);
  });
});

describe("sameLayout", () => {
  const check = (left: Layout<unknown>, right: Layout<unknown>, expected: boolean): void => {
    assert.equal(sameLayout(left, right), expected);
    assert.equal(sameLayout(right, left), expected);
  };
  const own = (name: string): Layout<number> => {
    const { kind: _, ...rest } = u32;
    return { ...rest, name };
  };
  it("knows an integer", () => check(u32, u32, true));
  it("tells signs apart", () => check(u32, s32, false));
  it("tells byte orders apart", () => check(u32, be32, false));
  it("tells text from bytes", () => check(chars(4), bytes(4), false));
  it("tells lengths apart", () => check(chars(4), chars(5), false));
  it("looks through transforms", () => {
    check(u53, u64, true);
    check(ipv4, be32, true);
  });
  it("compares arrays by element and length", () => {
    check(array(u16, 2), array(u16, 2), true);
    check(array(u16, 2), array(u16, 3), false);
    check(array(u16, 2), array(u32, 2), false);
  });
  it("compares structs by fields, not by name", () => {
    check(struct("a", { x: u8, y: u53 }), struct("b", { x: u8, y: u64 }), true);
    check(struct("a", { x: u8, y: u64 }), struct("a", { x: u8, z: u64 }), false);
    check(struct("a", { x: u8, y: u64 }), struct("a", { y: u64, x: u8 }), false);
    check(struct("a", { x: u8, y: u64 }), struct("a", { x: u8, y: u64 }, { packed: true }), false);
  });
  it("compares layouts of one's own by name and size", () => {
    check(own("mine"), own("mine"), true);
    check(own("mine"), own("other"), false);
    check(own("u32"), u32, false);
  });
});
