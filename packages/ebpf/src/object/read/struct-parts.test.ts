import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "../../btf/btf.ts";
import type { BtfTypeId } from "../../btf/type.ts";
import { BtfWriter } from "../../btf/write/writer.ts";
import type { StructLayout } from "../../layout/layout.ts";
import { addInt } from "../../relocate/layout-type.ts";
import { layoutOfType } from "./type-layout.ts";

type Member = readonly [name: string, type: BtfTypeId, bitOffset: number, bits?: number];

/** Writes structs and unions of numbers. */
class Types {
  readonly writer = new BtfWriter();
  readonly u8 = addInt(this.writer, "unsigned char", 1, "unsigned");
  readonly u32 = addInt(this.writer, "unsigned int", 4, "unsigned");
  readonly u64 = addInt(this.writer, "unsigned long", 8, "unsigned");

  composite(
    kind: "struct" | "union",
    name: string,
    size: number,
    list: readonly Member[],
  ): BtfTypeId {
    const members = list.map(([member, type, bitOffset, bitfieldSize = 0]) => {
      return { name: member, type, bitOffset, bitfieldSize };
    });
    return this.writer.add({ kind, name, size, members });
  }
}

/** Fields with their places, and the size. */
function placesOf(add: (types: Types) => BtfTypeId): readonly unknown[] {
  const types = new Types();
  const id = add(types);
  const layout = layoutOfType(parseBtf(types.writer.encode()), id) as StructLayout;
  const fields = Object.entries(layout.fields ?? {});
  return [
    layout.name,
    layout.size,
    ...fields.map(([name, { offset, layout: of }]) => `${name} ${of.name} at ${offset}`),
  ];
}

describe("layoutOfStruct", () => {
  const check = (add: (types: Types) => BtfTypeId, ...expected: readonly unknown[]): void =>
    assert.deepEqual(placesOf(add), expected);

  it("keeps unions as bytes where they lie, with a name and without", () =>
    check(
      (types) => {
        const union = types.composite("union", "", 8, [
          ["a", types.u32, 0],
          ["b", types.u64, 0],
        ]);
        return types.composite("struct", "s", 32, [
          ["kind", types.u32, 0],
          ["", union, 64],
          ["named", union, 128],
          ["last", types.u8, 192],
        ]);
      },
      "struct s",
      32,
      "kind u32 at 0",
      "a_or_b u8[8] at 8",
      "named u8[8] at 16",
      "last u8 at 24",
    ));

  it("counts members of structs without a name as its own", () =>
    check(
      (types) => {
        const inner = types.composite("struct", "", 8, [
          ["x", types.u32, 0],
          ["y", types.u32, 32],
        ]);
        return types.composite("struct", "s", 12, [
          ["first", types.u32, 0],
          ["", inner, 32],
        ]);
      },
      "struct s",
      12,
      "first u32 at 0",
      "x u32 at 4",
      "y u32 at 8",
    ));

  it("puts bit-fields that share bytes together", () =>
    check(
      (types) =>
        types.composite("struct", "s", 12, [
          ["kind", types.u32, 0],
          ["flag", types.u32, 32, 3],
          ["mode", types.u32, 35, 7],
          ["last", types.u32, 64],
        ]),
      "struct s",
      12,
      "kind u32 at 0",
      "flag_mode u8[2] at 4",
      "last u32 at 8",
    ));

  it("finds that a struct is packed", () =>
    check(
      (types) =>
        types.composite("struct", "s", 5, [
          ["kind", types.u8, 0],
          ["value", types.u32, 8],
        ]),
      "struct s",
      5,
      "kind u8 at 0",
      "value u32 at 1",
    ));

  it("is bytes where two members would get one name, or none has its place", () => {
    check(
      (types) => {
        const inner = types.composite("struct", "", 4, [["x", types.u32, 0]]);
        return types.composite("struct", "s", 8, [
          ["x", types.u32, 0],
          ["", inner, 32],
        ]);
      },
      "u8[8]",
      8,
    );
    check((types) => types.composite("struct", "s", 8, [["x", types.u32, 32]]), "u8[8]", 8);
    check((types) => types.composite("struct", "s", 4, [["a b", types.u32, 0]]), "u8[4]", 4);
  });

  it("ends where structs without a name contain themselves", () => {
    const types = new Types();
    const own = Number(types.u64) + 1;
    const id = types.composite("struct", "", 8, [
      ["", own as BtfTypeId, 0],
      ["", own as BtfTypeId, 32],
    ]);
    assert.equal(id, own);
    assert.throws(() => layoutOfType(parseBtf(types.writer.encode()), id), /contains itself/);
  });
});
