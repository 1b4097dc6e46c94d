import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeBtf, parseBtf, type BtfTypeData, type BtfTypeId } from "ts-ebpf/btf";
import { layoutAssertions } from "./layout-assertions.ts";

const id = (number: number): BtfTypeId => number as BtfTypeId;
const member = (name: string, bitOffset: number, bitfieldSize = 0) => {
  return { name, type: id(1), bitOffset, bitfieldSize };
};
const int: BtfTypeData = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  bitOffset: 0,
  encoding: "signed",
};

describe("layoutAssertions", () => {
  const check = (types: readonly BtfTypeData[], expected: readonly string[]): void => {
    const { text, count } = layoutAssertions(parseBtf(encodeBtf([int, ...types])));
    assert.deepEqual(text.match(/(?<=_Static_assert\().*(?=, "")/g) ?? [], expected);
    assert.equal(count, expected.length);
  };
  const inner = { kind: "struct", name: "", size: 4, members: [member("b", 0)] } as const;

  it("tells sizes, and offsets also of what lies in structs without names", () =>
    check(
      [
        inner,
        {
          kind: "struct",
          name: "s",
          size: 12,
          members: [member("a", 0), { ...member("", 32), type: id(2) }, member("bits", 64, 3)],
        },
        { kind: "typedef", name: "t", type: id(3) },
      ],
      [
        "sizeof(struct s) == 12",
        "__builtin_offsetof(struct s, a) == 0",
        "__builtin_offsetof(struct s, b) == 4",
        "sizeof(t) == 12",
      ],
    ));

  it("says nothing of names that several types have, nor of what is only declared", () =>
    check(
      [
        { ...inner, name: "twice" },
        { ...inner, name: "twice" },
        { kind: "enum", name: "later", size: 4, signed: false, values: [] },
      ],
      [],
    ));
});
