import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../../base/errors.ts";
import { parseBtf, type Btf } from "../btf.ts";
import { sampleBtf } from "../testing-sample.ts";
import { typeId } from "../type-table.ts";
import { voidId, type BtfTypeId } from "../type.ts";
import { arbitraryTypes } from "../../testing/arbitrary/types.ts";
import type { BtfTypeData } from "./type-data.ts";
import { BtfWriter, encodeBtf } from "./writer.ts";

const int: BtfTypeData = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  bitOffset: 0,
  encoding: "signed",
};

/** What was written, as it is read: the same with ids. */
const withIds = (types: readonly BtfTypeData[], first = 1) =>
  types.map((type, index) => ({ ...type, id: first + index }));

/** The types of a BTF as plain objects, which compare regardless of the order of properties. */
const typesOf = (btf: Btf) => [...btf.types()].map((type) => ({ ...type }));

const refuses = (act: () => unknown, message: RegExp) =>
  assert.throws(
    act,
    (error) => error instanceof InvalidArgumentError && message.test(error.message),
  );

describe("encodeBtf", () => {
  it("writes what the reader reads, of any kind, in both byte orders", () =>
    fc.assert(
      fc.property(arbitraryTypes(), fc.constantFrom("little", "big"), (types, byteOrder) => {
        const btf = parseBtf(encodeBtf(types, { byteOrder }));
        assert.equal(btf.byteOrder, byteOrder);
        assert.deepEqual(typesOf(btf), withIds(types));
      }),
    ));

  it("writes split BTF that continues its base, and shares its texts", () =>
    fc.assert(
      fc.property(arbitraryTypes(), arbitraryTypes(), (types, more) => {
        const base = parseBtf(encodeBtf(types));
        const bytes = encodeBtf([...more, ...types], { base });
        const split = parseBtf(bytes, { base });
        assert.deepEqual(typesOf(split), withIds([...more, ...types], types.length + 1));
      }),
    ));

  it("stores a text of the base only there", () => {
    const base = parseBtf(encodeBtf([int]));
    const split = parseBtf(encodeBtf([int], { base }), { base });
    assert.equal(split.strings.bytes.length, 0);
  });

  it("writes the sample bytes for bytes", () => {
    const bytes = sampleBtf().builder.build();
    const types = [...parseBtf(bytes).types()] as BtfTypeData[];
    assert.deepEqual(encodeBtf(types, { byteOrder: "little" }), bytes);
  });

  it("refuses a bit-field too far in, more parts than fit, and names with a zero", () => {
    const struct = (bitOffset: number): BtfTypeData => ({
      kind: "struct",
      name: "far",
      size: 2 ** 22,
      members: [{ name: "bit", type: 1 as BtfTypeId, bitOffset, bitfieldSize: 1 }],
    });
    assert.equal(
      parseBtf(encodeBtf([int, struct(0xff_ffff)])).member("far", "bit").bitOffset,
      0xff_ffff,
    );
    refuses(() => encodeBtf([int, struct(0x100_0000)]), /"far": "bit" at bit 16777216 is too far/);
    const values = Array.from({ length: 0x1_0000 }, (_, value) => ({ name: "x", value }));
    const many: BtfTypeData = { kind: "enum", name: "many", size: 4, signed: false, values };
    refuses(() => encodeBtf([many]), /enum "many" has 65536 parts, the most is 65535/);
    assert.equal(parseBtf(encodeBtf([{ ...many, values: values.slice(1) }])).typeCount, 1);
    refuses(() => encodeBtf([{ ...int, name: "a\0b" }]), /cannot be stored in BTF/);
  });
});

describe("BtfWriter", () => {
  it("writes types that refer to themselves", () => {
    const writer = new BtfWriter();
    const node = writer.reserve();
    const next = writer.add({ kind: "ptr", name: "", type: node });
    const members = [{ name: "next", type: next, bitOffset: 0, bitfieldSize: 0 }];
    writer.define(node, { kind: "struct", name: "node", size: 8, members });
    const btf = parseBtf(writer.encode());
    assert.equal(btf.describe(btf.member("node", "next").type), "struct node *");
  });

  it("adds equal types once when they are interned, and each time when they are added", () => {
    const writer = new BtfWriter();
    assert.equal(writer.intern(int), 1);
    assert.equal(writer.intern({ ...int }), 1);
    assert.equal(writer.add(int), 2);
    assert.equal(writer.intern({ ...int, encoding: "unsigned" }), 3);
    assert.equal(writer.nextId, 4);
  });

  it("stores types as another BTF has them, along with its texts", () => {
    const members = [{ name: "a", type: typeId(2), bitOffset: 0, bitfieldSize: 0 }];
    const struct = { kind: "struct", name: "s", size: 4, members } as const;
    for (const byteOrder of ["little", "big"] as const) {
      const source = parseBtf(encodeBtf([struct, int], { byteOrder }));
      const writer = new BtfWriter({ texts: source, byteOrder });
      assert.equal(writer.addStored(source, source.firstId), 1);
      writer.add({ ...int, encoding: "unsigned", name: "s" });
      const btf = parseBtf(writer.encode());
      assert.deepEqual([btf.describe(1), btf.member("s", "a").type], ["struct s", 2]);
      assert.deepEqual(btf.typeById(1), source.typeById(1));
      assert.deepEqual(writer.types()[0], source.typeById(1));
      assert.equal(btf.byteOrder, byteOrder);
    }
  });

  it("insists on reserved types being defined, once", () => {
    const writer = new BtfWriter();
    const id = writer.reserve();
    refuses(() => writer.encode(), /type 1 .* was reserved and never defined/);
    writer.define(id, int);
    refuses(() => writer.define(id, int), /type 1 .* was not reserved/);
    refuses(() => writer.define(7 as BtfTypeId, int), /type 7 .* was not reserved/);
    assert.equal(parseBtf(writer.encode()).typeCount, 1);
  });

  it("writes an empty BTF that the reader takes", () => {
    const btf = parseBtf(new BtfWriter().encode());
    assert.equal(btf.typeCount, 0);
    assert.equal(btf.resolve(voidId).kind, "void");
  });
});
