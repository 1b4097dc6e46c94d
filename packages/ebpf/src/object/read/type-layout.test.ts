import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MalformedError } from "../../base/errors.ts";
import { parseBtf } from "../../btf/btf.ts";
import type { BtfTypeId } from "../../btf/type.ts";
import { BtfWriter } from "../../btf/write/writer.ts";
import { array } from "../../layout/array.ts";
import { bool } from "../../layout/bool.ts";
import { bytes } from "../../layout/bytes.ts";
import { be16, be32, s16, s64, u32, u64, u8 } from "../../layout/integer.ts";
import type { Layout } from "../../layout/layout.ts";
import { spinLock } from "../../layout/opaque.ts";
import { struct } from "../../layout/struct.ts";
import { addInt, addLayoutType } from "../../relocate/layout-type.ts";
import { layoutOfType } from "./type-layout.ts";

/** What becomes of a type. */
function roundTrip(add: (writer: BtfWriter) => BtfTypeId): Layout<unknown> {
  const writer = new BtfWriter();
  const id = add(writer);
  return layoutOfType(parseBtf(writer.encode()), id);
}

describe("layoutOfType", () => {
  it("is the layout whose type it is", () => {
    const layouts = [u8, u32, u64, s16, s64, bool, be16, be32, bytes(7), array(u32, 3), spinLock];
    for (const layout of layouts) {
      const found = roundTrip((writer) => addLayoutType(writer, layout));
      assert.deepEqual([found.name, found.size], [layout.name, layout.size]);
    }
  });

  it("keeps places and names of structs", () => {
    const inner = struct("inner", { a: u8, b: u32 });
    const layout = struct("outer", { first: u64, inner, last: be16 });
    const found = roundTrip((writer) => addLayoutType(writer, layout)) as typeof layout;
    assert.equal(found.name, "struct outer");
    assert.deepEqual(
      Object.entries(found.fields).map(([name, field]) => [name, field.offset, field.layout.name]),
      [
        ["first", 0, "u64"],
        ["inner", 8, "struct inner"],
        ["last", 16, "be16"],
      ],
    );
  });

  it("is bytes where no layout has the same places", () => {
    const check = (
      size: number,
      members: readonly (readonly [name: string, bitOffset: number, bits?: number])[],
    ): void => {
      const found = roundTrip((writer) => {
        const type = addInt(writer, "unsigned int", 4, "unsigned");
        const list = members.map(([name, bitOffset, bitfieldSize = 0]) => {
          return { name, type, bitOffset, bitfieldSize };
        });
        return writer.add({ kind: "struct", name: "s", size, members: list });
      });
      assert.equal(found.name, `u8[${size}]`);
    };
    check(5, [["packed", 8]]);
    check(8, [["only", 0]]);
    check(4, [["bits", 0, 3]]);
    check(4, [["", 0]]);
  });

  it("refuses types that contain themselves", () => {
    const make = (): unknown =>
      roundTrip((writer) => {
        const type = writer.reserve();
        const members = [{ name: "self", type, bitOffset: 0, bitfieldSize: 0 }];
        writer.define(type, { kind: "struct", name: "s", size: 4, members });
        return type;
      });
    assert.throws(make, (error) => {
      assert.ok(error instanceof MalformedError);
      assert.match(error.message, /struct s contains itself/);
      return true;
    });
  });

  it("is made once for each type, however often that is used", () => {
    const found = roundTrip((writer) => {
      let type = addInt(writer, "unsigned int", 4, "unsigned");
      for (let [depth, size] = [0, 8]; depth < 20; depth++, size *= 2) {
        const members = ["a", "b"].map((name, index) => {
          return { name, type, bitOffset: 4 * index * size, bitfieldSize: 0 };
        });
        type = writer.add({ kind: "struct", name: `s${depth}`, size, members });
      }
      return type;
    });
    assert.equal(found.name, "struct s19");
  });

  it("is bytes for unions", () => {
    const found = roundTrip((writer) => {
      const type = addInt(writer, "unsigned int", 4, "unsigned");
      const members = [{ name: "a", type, bitOffset: 0, bitfieldSize: 0 }];
      return writer.add({ kind: "union", name: "u", size: 4, members });
    });
    assert.equal(found.name, "u8[4]");
  });
});
