import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "../btf/btf.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import { array } from "../layout/array.ts";
import { bool } from "../layout/bool.ts";
import { bytes } from "../layout/bytes.ts";
import { chars } from "../layout/chars.ts";
import { be16, s32, s8, u32, u64, u8 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { spinLock, timer } from "../layout/opaque.ts";
import { struct } from "../layout/struct.ts";
import { u53 } from "../layout/u53.ts";
import { addLayoutType, holdsOpaque } from "./layout-type.ts";

/** The type of `layout` as C, after checking that it has the layout's size. */
function described(layout: Layout<unknown>): string {
  const writer = new BtfWriter();
  const id = addLayoutType(writer, layout);
  const btf = parseBtf(writer.encode());
  assert.equal(btf.size(id), layout.size);
  return btf.describe(id);
}

const own: Layout<string> = {
  name: "own",
  size: 6,
  alignment: 2,
  read: () => "",
  write: () => undefined,
};

describe("addLayoutType", () => {
  const cases: readonly (readonly [Layout<unknown>, string])[] = [
    [u8, "unsigned char"],
    [s8, "signed char"],
    [s32, "signed int"],
    [u64, "unsigned long long"],
    [be16, "__be16"],
    [u53, "unsigned long long"],
    [bool, "_Bool"],
    [chars(16), "char [16]"],
    [bytes(3), "unsigned char [3]"],
    [array(array(u32, 2), 3), "unsigned int [3][2]"],
    [own, "unsigned char [6]"],
    [spinLock, "struct bpf_spin_lock"],
    [timer, "struct bpf_timer"],
  ];
  for (const [layout, expected] of cases) {
    it(`is ${expected} for ${layout.name}`, () => assert.equal(described(layout), expected));
  }

  it("has members where the layout has fields", () => {
    const Value = struct("value", { lock: spinLock, flag: u8, total: u64, at: timer });
    const writer = new BtfWriter();
    addLayoutType(writer, Value);
    addLayoutType(writer, Value);
    const btf = parseBtf(writer.encode());
    const places = btf
      .typeByName("value", "struct")
      .members.map(({ name, bitOffset }) => [name, bitOffset / 8]);
    assert.deepEqual(
      places,
      Object.entries(Value.fields).map(([name, { offset }]) => [name, offset]),
    );
    assert.equal(btf.findAll("value").length, 1);
  });
});

describe("holdsOpaque", () => {
  it("looks into structs and arrays", () => {
    assert.ok(holdsOpaque(struct("a", { x: u32, inner: struct("b", { lock: spinLock }) })));
    assert.ok(holdsOpaque(array(timer, 2)));
    assert.ok(!holdsOpaque(struct("a", { x: u32, y: array(u8, 3) })));
    assert.ok(!holdsOpaque(own));
  });
});
