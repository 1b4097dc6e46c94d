import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import { parseBtf, type Btf } from "../btf/btf.ts";
import { sampleBtf } from "../btf/testing-sample.ts";
import { typeId } from "../btf/type-table.ts";
import type { BtfTypeData } from "../btf/write/type-data.ts";
import { encodeBtf } from "../btf/write/writer.ts";
import { format } from "../isa/format.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { CoreField, CoreRelocation, CoreRelocationSite } from "../spec/core-relocation.ts";
import { programSpec } from "../spec/program-spec.ts";
import { CoreCandidates } from "./core-target.ts";
import { coreAnswer } from "./core-value.ts";
import { relocateProgram, type CoreTypes } from "./core.ts";

/** See `testing-sample.ts` for what is in it. */
const target = parseBtf(sampleBtf().builder.build());

const field = (struct: string, ...path: readonly (string | number)[]): CoreField => ({
  struct,
  path,
});
const offset = (struct: string, ...path: readonly (string | number)[]): CoreRelocation => ({
  kind: "field-offset",
  field: field(struct, ...path),
});

const coreValue = (core: CoreRelocation, types: Btf): number | bigint | undefined =>
  coreAnswer({ index: 0, core }, { target: types }).value;

/** The instructions of a program with relocations at their places. */
const relocateCore = (
  instructions: readonly Instruction[],
  relocations: readonly CoreRelocationSite[],
  types: CoreTypes,
): readonly Instruction[] => {
  const spec = programSpec(
    { name: "p", type: "xdp", target: { kind: "none" }, license: "GPL" },
    instructions,
  );
  return relocateProgram({ ...spec, relocations }, types).instructions;
};

describe("coreAnswer", () => {
  const check = (core: CoreRelocation, expected: number | bigint | undefined) =>
    assert.equal(coreValue(core, target), expected);

  it("finds fields, in unnamed structs and in arrays too", () => {
    check(offset("task", "comm"), 8);
    check(offset("task", "comm", 3), 11);
    check(offset("task", "load", 1, "avg"), 48);
    check(offset("task", "b"), 60);
    check(offset("task", "tail", 7), 136);
    check(offset("task", "nothing"), undefined);
    check(offset("task", "comm", 16), undefined);
    check(offset("hidden", "pid"), undefined);
    check(offset("task"), undefined);
  });

  it("gives the place of a bit-field's integer", () => {
    check(offset("task", "policy"), 4);
    check({ kind: "field-size", field: field("task", "policy") }, 4);
    const across = parseBtf(
      encodeBtf([
        { kind: "int", name: "c", size: 1, bits: 8, bitOffset: 0, encoding: "unsigned" },
        {
          kind: "struct",
          name: "s",
          size: 4,
          members: [
            { name: "within", type: typeId(1), bitOffset: 17, bitfieldSize: 3 },
            { name: "across", type: typeId(1), bitOffset: 22, bitfieldSize: 4 },
          ],
        },
      ]),
    );
    assert.equal(coreValue(offset("s", "within"), across), 2);
    assert.equal(coreValue(offset("s", "across"), across), 2);
    assert.equal(coreValue({ kind: "field-size", field: field("s", "across") }, across), 2);
    // Bits 22 to 25, of the 16 from bit 16 on: bits 6 to 9 of what is loaded.
    const about = (kind: "field-left-shift" | "field-right-shift" | "field-signed"): unknown =>
      coreValue({ kind, field: field("s", "across") }, across);
    assert.equal(about("field-left-shift"), 64 - 10);
    assert.equal(about("field-right-shift"), 64 - 4);
    assert.equal(about("field-signed"), 0);
  });

  it("counts the bits of bit-fields from the highest one on where that byte comes first", () => {
    const types: readonly BtfTypeData[] = [
      { kind: "int", name: "u32", size: 4, bits: 32, bitOffset: 0, encoding: "unsigned" },
      {
        kind: "struct",
        name: "s",
        size: 8,
        members: [{ name: "bits", type: typeId(1), bitOffset: 35, bitfieldSize: 7 }],
      },
    ];
    const shifts = (byteOrder: "little" | "big"): readonly unknown[] => {
      const encoded = parseBtf(encodeBtf(types, { byteOrder }));
      const kinds = ["field-offset", "field-left-shift", "field-right-shift"] as const;
      return kinds.map((kind) => coreValue({ kind, field: field("s", "bits") }, encoded));
    };
    assert.deepEqual(shifts("little"), [4, 64 - (3 + 7), 64 - 7]);
    assert.deepEqual(shifts("big"), [4, 32 + 3, 64 - 7]);
  });

  it("refuses bit-fields that no integer holds", () => {
    const types = (size: number, bitfieldSize: number) =>
      parseBtf(
        encodeBtf([
          { kind: "int", name: "long", size, bits: 8 * size, bitOffset: 0, encoding: "unsigned" },
          {
            kind: "struct",
            name: "s",
            size: 16,
            members: [{ name: "far", type: typeId(1), bitOffset: 60, bitfieldSize }],
          },
        ]),
      );
    assert.equal(coreValue(offset("s", "far"), types(8, 4)), 0);
    for (const [size, bits] of [
      [8, 5],
      [1, 32],
    ] as const) {
      assert.throws(
        () => coreValue(offset("s", "far"), types(size, bits)),
        /no integer of 64 bits holds the bit-field of \d+ bits from bit 60/,
      );
    }
  });

  it("answers what exists with 1 and 0", () => {
    check({ kind: "field-exists", field: field("task", "a") }, 1);
    check({ kind: "field-exists", field: field("task", "c") }, 0);
    check({ kind: "field-exists", field: field("nothing", "a") }, 0);
    check({ kind: "type-exists", type: "list_head" }, 1);
    check({ kind: "type-exists", type: "u64" }, 1);
    check({ kind: "type-exists", type: "hidden" }, 0);
    check({ kind: "enum-exists", type: "state", name: "IDLE" }, 1);
    check({ kind: "enum-exists", type: "state", name: "UP" }, 0);
    check({ kind: "enum-exists", type: "task", name: "UP" }, 0);
  });

  it("knows sizes and values", () => {
    check({ kind: "field-size", field: field("task", "load") }, 32);
    check({ kind: "type-size", type: "task" }, 80);
    check({ kind: "type-size", type: "u64" }, 8);
    check({ kind: "type-size", type: "hidden" }, 0);
    check({ kind: "enum-value", type: "state", name: "STOPPED" }, 0xffff_ffff);
    check({ kind: "enum-value", type: "signed_state", name: "DOWN" }, -1);
    check({ kind: "enum-value", type: "wide", name: "WIDE_TOP" }, 1n << 63n);
    check({ kind: "enum-value", type: "wide", name: "WIDE_TWO" }, undefined);
    check({ kind: "enum-value", type: "state", name: "STOPPED___old" }, 0xffff_ffff);
  });

  it("does not count the flavour of a name", () => {
    check(offset("task___old", "pid"), 0);
    check({ kind: "type-size", type: "list_head___v2___new" }, 0);
    check({ kind: "type-exists", type: "task___" }, 0);
  });

  it("refuses to follow a pointer", () =>
    assert.throws(
      () => coreValue(offset("task", "parent", "pid"), target),
      (error) =>
        error instanceof InvalidArgumentError &&
        /task\.parent\.pid goes through a pointer/.test(error.message),
    ));
});

describe("types of one name", () => {
  const int: BtfTypeData = {
    kind: "int",
    name: "int",
    size: 4,
    bits: 32,
    bitOffset: 0,
    encoding: "unsigned",
  };
  const struct = (name: string, ...members: readonly string[]): BtfTypeData => ({
    kind: "struct",
    name,
    size: 4 * members.length,
    members: members.map((member, index) => {
      return { name: member, type: typeId(1), bitOffset: 32 * index, bitfieldSize: 0 };
    }),
  });
  const flexible = (...names: readonly string[]): BtfTypeData[] => [
    { kind: "array", name: "", type: typeId(1), indexType: typeId(1), length: 0 },
    {
      kind: "struct",
      name: "flex",
      size: 4,
      members: names.map((name, index) => {
        return { name, type: typeId(2 - index), bitOffset: 0, bitfieldSize: 0 };
      }),
    },
  ];
  const local = parseBtf(encodeBtf([int, struct("s___mine", "b")]));
  const ask = (
    kind: "field-offset" | "field-exists" | "type-matches" | "target-type-id",
    ...types: readonly BtfTypeData[]
  ) => {
    const core: CoreRelocation = kind.startsWith("field-")
      ? { kind: kind as "field-offset", field: field("s___mine", "b") }
      : { kind: kind as "type-matches", type: "s___mine" };
    const from = { types: local, type: typeId(2), access: "0:0", kind };
    const target = parseBtf(encodeBtf([int, ...types]), { path: "there" });
    return coreAnswer({ index: 0, core, local: from }, { target }).value;
  };

  it("may differ in what nobody asks for", () => {
    assert.equal(ask("field-offset", struct("s", "a", "b"), struct("s", "c", "b", "d")), 4);
    assert.equal(ask("field-offset", struct("s", "a"), struct("s", "c", "b")), 4);
    assert.equal(ask("type-matches", struct("s", "a", "c"), struct("t", "b")), 0);
    assert.equal(ask("type-matches", struct("s", "a", "b")), 1);
    assert.equal(ask("target-type-id", struct("t", "b"), struct("s", "b")), 3);
    assert.equal(ask("target-type-id", struct("t", "b")), 0);
  });

  it("are ambiguous when they differ in the answer", () =>
    assert.throws(
      () => ask("field-offset", struct("s", "a", "b"), struct("s", "b")),
      (error) =>
        error instanceof InvalidArgumentError &&
        /s___mine\.b is ambiguous: 4 by type 2 of there, 0 by type 3 of there/.test(error.message),
    ));

  it("may have flavours in the kernel too", () => {
    assert.equal(ask("field-offset", struct("s___theirs", "a", "b")), 4);
    assert.equal(ask("field-offset", struct("s__theirs", "a", "b")), undefined);
    assert.equal(ask("target-type-id", struct("s___theirs", "a"), struct("t", "b")), 2);
    assert.throws(
      () => ask("field-offset", struct("s", "a", "b"), struct("s___theirs", "b")),
      /ambiguous: 4 by type 2 of there, 0 by type 3 of there/,
    );
  });

  it("are told apart by the relocations before, as far as those go", () => {
    const both = struct("s___mine", "b", "c");
    const types = parseBtf(encodeBtf([int, both]));
    const target = parseBtf(encodeBtf([int, struct("s", "a", "b"), struct("s", "b", "c")]));
    const sites = ["b", "c"].map((name, index) => {
      const core: CoreRelocation = { kind: "field-offset", field: field("s___mine", name) };
      const local = { types, type: typeId(2), access: `0:${index}`, kind: core.kind };
      return { index: 0, core, local };
    });
    const answers = (...order: readonly number[]) => {
      const candidates = new CoreCandidates();
      return order.map((index) => coreAnswer(sites[index]!, { target, candidates }).value);
    };
    assert.throws(() => answers(0, 1), /is ambiguous/);
    assert.deepEqual(answers(1, 0), [4, 0]);
  });

  it("are not meant when a member is of another kind", () => {
    const pointer: BtfTypeData = { kind: "ptr", name: "", type: typeId(1) };
    const other: BtfTypeData = {
      kind: "struct",
      name: "s",
      size: 8,
      members: [{ name: "b", type: typeId(2), bitOffset: 0, bitfieldSize: 0 }],
    };
    assert.equal(ask("field-exists", pointer, other), 0);
    assert.equal(ask("field-offset", pointer, other), undefined);
  });

  it("have arrays of any length only at their end", () => {
    const exists = (...names: readonly string[]): unknown =>
      coreAnswer(
        { index: 0, core: { kind: "field-exists", field: field("flex", "tail", 3) } },
        { target: parseBtf(encodeBtf([int, ...flexible(...names)])) },
      ).value;
    assert.deepEqual([exists("tail"), exists("tail", "end")], [1, 0]);
  });

  it("are compared once, however often they are in one another", () => {
    const pointer = (type: number): BtfTypeData => ({ kind: "ptr", name: "", type: typeId(type) });
    const taking = (type: number): BtfTypeData => {
      const parameters = Array.from({ length: 20 }, () => ({ name: "", type: typeId(type) }));
      return { kind: "func_proto", name: "", type: typeId(1), parameters, variadic: false };
    };
    // Type 2n + 2 points to 2n + 1, which takes it twenty times as what is before it.
    const chain = Array.from({ length: 12 }, (_, index) => [
      taking(2 * index + 1),
      pointer(2 * index + 2),
    ]).flat();
    const name = { kind: "typedef", name: "calls", type: typeId(1 + chain.length) } as const;
    const types = parseBtf(encodeBtf([int, ...chain, name]));
    const { id } = types.typeByName("calls");
    for (const kind of ["type-exists", "type-matches"] as const) {
      const local = { types, type: id, access: "0", kind };
      const { value } = coreAnswer(
        { index: 0, core: { kind, type: "calls" }, local },
        { target: types },
      );
      assert.equal(value, 1, kind);
    }
  });

  it("are refused in damaged records", () => {
    const broken = (access: string) => () =>
      coreAnswer(
        {
          index: 0,
          core: { kind: "field-exists", field: field("s", "b") },
          local: { types: local, type: typeId(2), access, kind: "field-exists" },
        },
        { target },
      );
    for (const access of ["", "0:9", "0:0:0", "x", "0:-1", "99999999999"]) {
      assert.throws(broken(access), MalformedError, access);
    }
  });
});

describe("relocateProgram", () => {
  const relocate = (
    instruction: Instruction,
    core: CoreRelocation,
    types: CoreTypes = { target },
  ) => relocateCore([instruction], [{ index: 0, core }], types)[0]!;
  const check = (instruction: Instruction, core: CoreRelocation, expected: string) =>
    assert.equal(format(relocate(instruction, core)), expected);

  const mov: Instruction = { kind: "alu", op: "mov", width: 64, dst: "r1", src: 1 };
  const load: Instruction = { kind: "load", size: "u32", dst: "r1", base: "r2", offset: 1 };
  const wide: Instruction = { kind: "wide-load", dst: "r1", value: 1n };

  it("puts the number where the instruction has one", () => {
    check(mov, offset("task", "comm"), "r1 = 8");
    check({ ...mov, width: 32, op: "add" }, offset("task", "comm"), "w1 += 8");
    check(load, offset("task", "comm"), "r1 = *(u32 *)(r2 +8)");
    check(
      { kind: "store", size: "u8", base: "r1", offset: 1, src: 5 },
      offset("task", "comm"),
      "*(u8 *)(r1 +8) = 5",
    );
    check(
      { kind: "atomic", op: "add", size: "u64", base: "r1", offset: 0, src: "r2" },
      offset("task", "comm"),
      "lock *(u64 *)(r1 +8) += r2",
    );
    check(wide, { kind: "enum-value", type: "wide", name: "WIDE_TOP" }, "r1 = 0x8000000000000000");
    check(
      wide,
      { kind: "enum-value", type: "signed_state", name: "DOWN" },
      "r1 = 0xffffffffffffffff",
    );
  });

  it("keeps label and source", () => {
    const source = { file: "a.ts", line: 1, column: 1, text: "x" };
    const annotated = { ...mov, label: "here", source };
    for (const core of [offset("task", "comm"), offset("task", "nothing")]) {
      const { label, source: kept } = relocate(annotated, core);
      assert.deepEqual([label, kept], ["here", source]);
    }
  });

  it("makes what this kernel does not have a call that no kernel has", () => {
    check(load, offset("task", "nothing"), "call unknown#195896080");
    check(mov, { kind: "type-size", type: "hidden" }, "r1 = 0");
  });

  it("replaces a wide load by as many slots, so that jumps and functions stay where they were", () => {
    const spec = programSpec({ name: "p", type: "xdp", target: { kind: "none" }, license: "GPL" }, [
      { kind: "jump", target: 2 },
      wide,
      { kind: "exit" },
      { kind: "exit" },
    ]);
    const functions = [0, 3].map((index) => ({ name: `f${index}`, index, parameters: [] }));
    const relocations = [
      { index: 1, core: { kind: "enum-value", type: "wide", name: "NONE" } as const },
    ];
    const relocated = relocateProgram({ ...spec, functions, relocations }, { target });
    const bad = "call unknown#195896080";
    assert.deepEqual(
      relocated.instructions.map((one) => format(one)),
      ["goto pc+2", bad, bad, "exit", "exit"],
    );
    assert.deepEqual(
      relocated.functions?.map(({ index }) => index),
      [0, 4],
    );
  });

  it("refuses what has no place for it", () => {
    const refuses = (instruction: Instruction, core: CoreRelocation, message: RegExp) =>
      assert.throws(
        () => relocate(instruction, core),
        (error) => error instanceof InvalidArgumentError && message.test(error.message),
      );
    refuses({ kind: "exit" }, offset("task", "comm"), /"exit" has no place/);
    refuses({ ...mov, src: "r2" }, offset("task", "comm"), /has no number that could be relocated/);
    refuses(
      load,
      { kind: "type-size", type: "task" },
      /no place for a relocation of kind type-size/,
    );
    refuses(
      mov,
      { kind: "enum-value", type: "wide", name: "WIDE_TOP" },
      /9223372036854775808 does not fit/,
    );
    refuses(mov, { kind: "enum-value", type: "state", name: "STOPPED" }, /4294967295 does not fit/);
    check({ ...mov, width: 32 }, { kind: "enum-value", type: "state", name: "STOPPED" }, "w1 = -1");
    assert.throws(
      () => relocateCore([mov], [{ index: 1, core: offset("task", "comm") }], { target }),
      /a relocation is for instruction 1 of 1/,
    );
  });

  describe("with the types it was compiled with", () => {
    /** The sample's task, with a member `pid`, `sum` and `next` of other types. */
    const local = (type: BtfTypeData) =>
      parseBtf(
        encodeBtf([
          type,
          {
            kind: "struct",
            name: "load",
            size: 8,
            members: [{ name: "sum", type: typeId(1), bitOffset: 0, bitfieldSize: 0 }],
          },
          {
            kind: "struct",
            name: "list_head",
            size: 8,
            members: [{ name: "prev", type: typeId(1), bitOffset: 0, bitfieldSize: 0 }],
          },
        ]),
      );
    const int = (size: number, encoding: "signed" | "unsigned"): BtfTypeData => ({
      kind: "int",
      name: "int",
      size,
      bits: 8 * size,
      bitOffset: 0,
      encoding,
    });
    const check = (core: CoreRelocation, type: BtfTypeData, expected: string) =>
      assert.equal(format(relocateFrom(local(type), load, core)), expected);

    /** As an object file says it: by the number of the only member of the struct. */
    const relocateFrom = (
      types: Btf,
      instruction: Instruction,
      core: CoreRelocation,
    ): Instruction => {
      const name = "field" in core ? core.field.struct : "";
      const { id: type } = types.typeByName(name, "struct");
      const from = { types, type, access: "0:0", kind: core.kind };
      return relocateCore([instruction], [{ index: 0, core, local: from }], { target })[0]!;
    };

    it("widens the load of a field that got wider", () =>
      check(offset("load", "sum"), int(4, "unsigned"), "r1 = *(u64 *)(r2 +0)"));
    it("leaves a load alone whose field kept its size, even when it loads a part", () =>
      check(offset("load", "sum"), int(8, "signed"), "r1 = *(u32 *)(r2 +0)"));
    it("does not widen loads of elements of arrays", () => {
      const array = (length: number): BtfTypeData => {
        return { kind: "array", name: "", type: typeId(1), indexType: typeId(1), length };
      };
      const struct = (size: number): BtfTypeData => ({
        kind: "struct",
        name: "s",
        size,
        members: [{ name: "values", type: typeId(2), bitOffset: 0, bitfieldSize: 0 }],
      });
      const types = parseBtf(encodeBtf([int(4, "unsigned"), array(4), struct(16)]));
      const relocated = (...target: readonly BtfTypeData[]): string => {
        const core = offset("s", "values");
        const from = { types, type: typeId(3), access: "0:0", kind: core.kind };
        const there = { target: parseBtf(encodeBtf(target)) };
        return format(relocateCore([load], [{ index: 0, core, local: from }], there)[0]!);
      };
      const same = relocated(int(4, "unsigned"), array(9), struct(36));
      assert.equal(same, "r1 = *(u32 *)(r2 +0)");
      const wider = relocated(int(8, "unsigned"), array(4), struct(32));
      assert.equal(wider, "call unknown#195896080");
    });
    it("gives up where the value would be another one", () => {
      check(offset("load", "sum"), int(4, "signed"), "call unknown#195896080");
      check(offset("list_head", "prev"), int(4, "unsigned"), "call unknown#195896080");
    });
  });
});
