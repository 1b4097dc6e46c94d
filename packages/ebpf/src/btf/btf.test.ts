import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import { parseBtf } from "./btf.ts";
import { BtfBuilder, info } from "./testing-builder.ts";
import { sampleBtf } from "./testing-sample.ts";
import { btfKinds, type BtfKind } from "./type.ts";

const { builder, ids } = sampleBtf();
const bytes = builder.build();
const btf = parseBtf(bytes, { path: "sample" });

/** The only type of kind `kind`, without its id. */
function only(kind: BtfKind, name?: string): Record<string, unknown> {
  const [first, ...more] = [...btf.types(kind)].filter(
    (t) => name === undefined || t.name === name,
  );
  assert.ok(first !== undefined && more.length === 0);
  const { id, kind: _, ...rest } = first;
  assert.equal(btf.typeById(id).name, first.name);
  return rest;
}

describe("parseBtf", () => {
  it("reads every kind", () => {
    const kinds = new Set(Array.from(btf.types(), ({ kind }) => kind));
    assert.deepEqual(
      btfKinds.filter((kind) => !kinds.has(kind)),
      ["void"],
    );
  });

  it("reads integers", () => {
    assert.deepEqual(only("int", "int"), {
      name: "int",
      size: 4,
      bits: 32,
      bitOffset: 0,
      encoding: "signed",
    });
    assert.equal(only("int", "unsigned int")["encoding"], "unsigned");
    assert.equal(only("int", "letter")["encoding"], "char");
    assert.equal(only("int", "_Bool")["encoding"], "bool");
  });

  it("reads floats, arrays and references", () => {
    assert.deepEqual(only("float"), { name: "double", size: 8 });
    assert.deepEqual(btf.typeById(ids.comm), {
      kind: "array",
      id: ids.comm,
      name: "",
      type: 2,
      indexType: 1,
      length: 16,
    });
    assert.deepEqual(btf.typeById(ids.voidPtr), {
      kind: "ptr",
      id: ids.voidPtr,
      name: "",
      type: 0,
    });
    assert.deepEqual(only("typedef", "u64"), { name: "u64", type: 5 });
    assert.deepEqual(only("volatile"), { name: "", type: 1 });
    assert.deepEqual(only("restrict"), { name: "", type: ids.taskPtr });
    assert.deepEqual(only("const"), { name: "", type: btf.typeByName("list_head").id });
  });

  it("reads members with bit-fields and without", () => {
    assert.deepEqual(btf.typeByName("load", "struct").members, [
      { name: "sum", type: 6, bitOffset: 0, bitfieldSize: 0 },
      { name: "avg", type: 4, bitOffset: 64, bitfieldSize: 0 },
    ]);
    const { members, size } = btf.typeByName("task", "struct");
    assert.equal(size, 80);
    assert.deepEqual(members.slice(1, 4), [
      { name: "on_cpu", type: 3, bitOffset: 32, bitfieldSize: 1 },
      { name: "policy", type: 3, bitOffset: 33, bitfieldSize: 3 },
      { name: "comm", type: ids.comm, bitOffset: 64, bitfieldSize: 0 },
    ]);
  });

  it("reads offsets of 32 bits where there are no bit-fields", () => {
    const large = new BtfBuilder();
    large.int("int", 4);
    large.raw("huge", [info("struct", 1), 0x2000_0000], [large.string("last"), 1, 0xffff_ffe0]);
    const { members } = parseBtf(large.build()).typeByName("huge", "struct");
    assert.equal(members[0]!.bitOffset, 0xffff_ffe0);
  });

  it("reads enums of 32 and 64 bits, signed and unsigned", () => {
    const check = (
      kind: "enum" | "enum64",
      name: string,
      expected: Record<string, unknown>,
    ): void => {
      const { signed, values } = btf.typeByName(name, kind);
      assert.deepEqual(
        { signed, ...Object.fromEntries(values.map((v) => [v.name, v.value])) },
        expected,
      );
    };
    check("enum", "state", { signed: false, RUNNING: 0, IDLE: 3, STOPPED: 0xffff_ffff });
    check("enum", "signed_state", { signed: true, UP: 1, DOWN: -1 });
    check("enum64", "wide", { signed: false, WIDE_ONE: 1n, WIDE_TOP: 1n << 63n });
    check("enum64", "signed_wide", { signed: true, WIDE_LOW: -(1n << 40n) });
  });

  it("reads functions, variables and sections", () => {
    const wake = btf.typeByName("wake", "func");
    assert.equal(wake.linkage, "global");
    const proto = btf.typeById(wake.type);
    assert.ok(proto.kind === "func_proto");
    assert.deepEqual(
      [proto.type, proto.variadic, proto.parameters],
      [
        1,
        true,
        [
          { name: "task", type: ids.taskPtr },
          { name: "flags", type: 6 },
        ],
      ],
    );
    const { id } = btf.typeByName("counter", "var");
    assert.deepEqual(only("var"), { name: "counter", type: 6, linkage: "global" });
    assert.deepEqual(only("datasec"), {
      name: ".data",
      size: 8,
      variables: [{ type: id, offset: 0, size: 8 }],
    });
  });

  it("reads what is declared only, and tags", () => {
    const task = btf.typeByName("task").id;
    assert.deepEqual(only("fwd", "hidden"), { name: "hidden", of: "struct" });
    assert.deepEqual(only("fwd", "hidden_union"), { name: "hidden_union", of: "union" });
    assert.deepEqual(only("type_tag", "user"), { name: "user", type: task, attribute: false });
    assert.deepEqual(only("type_tag", "noderef"), { name: "noderef", type: 1, attribute: true });
    assert.deepEqual(only("decl_tag", "kfunc"), {
      name: "kfunc",
      type: btf.typeByName("wake").id,
      component: undefined,
      attribute: false,
    });
    assert.deepEqual(only("decl_tag", "counted"), {
      name: "counted",
      type: task,
      component: 3,
      attribute: true,
    });
  });

  it("freezes what it returns", () => {
    const { members } = btf.typeByName("task", "struct");
    assert.ok(Object.isFrozen(btf.typeByName("task")));
    assert.ok(Object.isFrozen(members) && members.every((member) => Object.isFrozen(member)));
  });

  it("reads the other byte order alike", () => {
    const big = parseBtf(builder.build({ byteOrder: "big" }));
    assert.deepEqual([btf.byteOrder, big.byteOrder], ["little", "big"]);
    assert.deepEqual([...big.types()], [...btf.types()]);
    assert.deepEqual(big.member("task", "load[1].avg"), btf.member("task", "load[1].avg"));
  });

  it("reads bytes that are not aligned, and not at the start of their memory", () => {
    for (const shift of [1, 2, 3, 4]) {
      const memory = new Uint8Array(bytes.length + 8).fill(0xff);
      memory.set(bytes, shift);
      const shifted = parseBtf(memory.subarray(shift, shift + bytes.length));
      assert.deepEqual([...shifted.types()], [...btf.types()]);
    }
  });

  it("reads the longer headers of later kernels", () => {
    const later = parseBtf(builder.build({ headerSize: 48 }));
    assert.deepEqual([...later.types()], [...btf.types()]);
  });

  it("steps over kinds whose size the layout section gives", () => {
    const later = new BtfBuilder();
    later.int("int", 4, 1);
    later.raw("location", [info(20, 2), 0], [1, 2, 3, 4, 5]);
    later.int("char", 1);
    const layout = Array.from({ length: 21 * 4 }, () => 0);
    layout.splice(20 * 4, 4, 4, 8, 0, 0);
    const read = parseBtf(later.build({ layout }));
    assert.equal(read.typeByName("char").id, 3);
    assert.throws(() => read.typeById(2), /type 2 › .*kind 20 is newer than this reader/);
    const unknown = parseBtf(later.build());
    assert.equal(unknown.typeById(1).kind, "int");
    assert.throws(() => unknown.typeById(2), /type 2 › .*kind 20 is unknown/);
    assert.throws(() => unknown.typeByName("char"), /kind 20 is unknown/);
    assert.throws(() => unknown.typeCount, /kind 20 is unknown/);
    // A size that is no number of words cannot be stepped over.
    layout[20 * 4] = 3;
    assert.throws(() => parseBtf(later.build({ layout })).typeCount, /kind 20 is unknown/);
  });

  it("reads counts of 24 bits", () => {
    const many = new BtfBuilder();
    many.enum("many", Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`E${n}`, n])));
    assert.equal(parseBtf(many.build()).enumValue("E69999"), 69_999);
  });

  it("says what is wrong with what it refuses, and where", () => {
    const check = (change: (view: DataView) => void, expected: RegExp): void => {
      const copy = bytes.slice();
      change(new DataView(copy.buffer));
      assert.throws(
        () => [...parseBtf(copy, { path: "sample" }).types()],
        (error) =>
          error instanceof MalformedError &&
          error.code === "BTF_MALFORMED" &&
          expected.test(error.message),
      );
    };
    check((view) => view.setUint16(0, 0x9f9f), /^sample › header › \+0x0: this is not BTF/);
    check((view) => view.setUint8(2, 2), /version 2 of BTF is unknown/);
    check((view) => view.setUint8(3, 1), /flags 1 of BTF are unknown/);
    check((view) => view.setUint32(4, 20, true), /a header of 20 bytes cannot be/);
    check((view) => view.setUint32(4, 1 << 30, true), /a header of 1073741824 bytes cannot be/);
    check((view) => view.setUint32(8, 2, true), /not a whole number of words/);
    check((view) => view.setUint32(12, 2 ** 31, true), /the type section ends at 2147483672 of/);
    check((view) => view.setUint32(20, 2 ** 32 - 1, true), /the string section ends at/);
    check((view) => view.setUint32(20, 0, true), /does not end with a zero byte/);
    check((view) => view.setUint8(bytes.length - 1, 65), /does not end with a zero byte/);
    check((view) => view.setUint8(24 + view.getUint32(16, true), 65), /start with the empty name/);
    check(
      (view) => view.setUint32(24, view.getUint32(20, true), true),
      /type 1 › \+0x18: its name is not in the strings/,
    );
    check(
      (view) => view.setUint32(24, 0xffff_ff00, true),
      /type 1 › \+0x18: its name is not in the strings/,
    );
    check((view) => view.setUint32(28, 0, true), /type 1 › \+0x18: kind 0 is unknown/);
    check(
      (view) => view.setUint32(28, info("struct", 0xffff), true),
      /type 1 › \+0x18: it does not end with the type section/,
    );
    check((view) => view.setUint32(36, 5 << 24, true), /type 1 › \+0x18: its encoding is 5/);
  });

  it("reads signed characters, which only GCC has, as characters", () => {
    const builder = new BtfBuilder();
    builder.int("char", 1, 3);
    const type = parseBtf(builder.build()).typeById(1);
    assert.deepEqual([type.kind, "encoding" in type && type.encoding], ["int", "char"]);
  });

  it("says which reference leads nowhere", () => {
    const check = (add: (broken: BtfBuilder) => void, expected: RegExp): void => {
      const broken = new BtfBuilder();
      add(broken);
      const read = parseBtf(broken.build());
      assert.throws(() => read.typeById(1), expected);
    };
    check((b) => b.ptr(2), / BTF › type 1 › \+0x18: it refers to type 2, but the last is 1$/);
    check((b) => b.array(9, 1), /type 1 › element › .*type 9, but the last is 1/);
    check((b) => b.array(1, 1, 9), /type 1 › index › .*type 9, but the last is 1/);
    check(
      (b) =>
        b.struct("s", 4, [
          ["x", 0, 0],
          ["y", 5, 0],
        ]),
      /type 1 › member 1 › .*type 5, but the last is 1/,
    );
    check((b) => b.proto(0, [["x", 7]]), /type 1 › parameter 0 › .*type 7, but the last is 1/);
    check(
      (b) => b.datasec([".data", 0], [[4, 0, 0]]),
      /type 1 › variable 0 › .*type 4, but the last is 1/,
    );
    check(
      (b) => b.raw("s", [info("struct", 1), 4], [999, 0, 0]),
      /type 1 › member 0 › .*no name is at 999/,
    );
    check(
      (b) => b.raw("e", [info("enum", 1), 4], [999, 0]),
      /type 1 › value 0 › .*no name is at 999/,
    );
    check((b) => b.func("f", 0, 3), /linkage 3 is unknown/);
    check((b) => b.variable("v", 0, 3), /linkage 3 is unknown/);
  });

  it("refuses names of absurd length", () => {
    const long = new BtfBuilder();
    long.int("x".repeat(0x1_0000), 4);
    assert.throws(() => parseBtf(long.build()).typeById(1), MalformedError);
  });
});

describe("Btf", () => {
  it("has void as type 0, and the same object for an id each time", () => {
    assert.deepEqual(btf.typeById(0), { kind: "void", id: 0, name: "void" });
    assert.equal(btf.typeById(ids.comm), btf.typeById(ids.comm));
  });

  it("refuses ids that are none", () => {
    for (const id of [-1, 0.5, btf.typeCount + 1, Number.NaN, Infinity]) {
      assert.throws(() => btf.typeById(id), InvalidArgumentError);
    }
  });

  it("finds types by name and kind", () => {
    assert.equal(btf.findByName("task", "struct")?.size, 80);
    assert.equal(btf.findByName("task", "union"), undefined);
    assert.equal(btf.findByName("tas"), undefined);
    assert.equal(btf.findByName("ask"), undefined);
    assert.equal(btf.findByName("task\0pid"), undefined);
    assert.equal(btf.findByName(""), undefined);
    assert.equal(btf.findByName("void"), undefined);
  });

  it("finds the first of a name, and all", () => {
    const twins = new BtfBuilder();
    twins.int("int", 4);
    for (let n = 0; n < 3; n++) twins.struct("twin", n, []);
    twins.func("twin", twins.proto(0, []));
    const read = parseBtf(twins.build());
    // Searching often makes it change to hashes, which must not show.
    for (let round = 0; round < 20; round++) {
      assert.equal(read.findByName("twin")?.id, 2);
      assert.equal(read.findByName("twin", "func")?.id, 6);
      assert.deepEqual(
        read.findAll("twin").map(({ id }) => id),
        [2, 3, 4, 6],
      );
      assert.deepEqual(read.findAll("tw"), []);
      assert.deepEqual(read.findAll(""), []);
      assert.equal(read.findByName("twin", "union"), undefined);
    }
  });

  it("finds names that are the ends of others, where strings are shared", () => {
    const shared = new BtfBuilder();
    shared.int("unsigned", 4);
    shared.int("x", 4);
    const data = shared.build();
    new DataView(data.buffer).setUint32(24 + 16, 1 + 2, true);
    const read = parseBtf(data);
    for (let round = 0; round < 20; round++) assert.equal(read.findByName("signed")?.id, 2);
    assert.equal(read.typeById(2).name, "signed");
  });

  it("finds every type by its name, by comparing and by hash", () => {
    const read = parseBtf(bytes);
    for (let round = 0; round < 3; round++) {
      if (round === 1) read.expectNames(1000);
      for (const { id, kind, name } of read.types()) {
        if (name === "") continue;
        assert.equal(read.findByName(name, kind)?.id, id);
        assert.ok(read.findAll(name).some((type) => type.id === id));
      }
    }
  });

  it("suggests a name, or says of what kind it is", () => {
    const check = (
      name: string,
      kind: BtfKind | undefined,
      message: RegExp,
      hint?: string,
    ): void => {
      assert.throws(
        () => btf.typeByName(name, kind),
        (error) =>
          error instanceof InvalidArgumentError &&
          message.test(error.message) &&
          error.hint === hint,
      );
    };
    check("tsak", "struct", /^there is no struct "tsak" in sample$/, 'did you mean "task"?');
    check("wakeup", undefined, /^there is no type "wakeup" in sample$/, 'did you mean "wake"?');
    check("wake", "struct", /^there is no struct "wake"/, "wake is of kind func");
    check("zzzzzz", "struct", /^there is no struct "zzzzzz"/);
  });

  it("counts kinds", () => {
    const counts = btf.countByKind();
    assert.equal(counts.int, 7);
    assert.equal(counts.enum64, 2);
    assert.equal(
      Object.values(counts).reduce((sum, count) => sum + count),
      btf.typeCount,
    );
    for (const [kind, count] of Object.entries(counts)) {
      assert.equal([...btf.types(kind as BtfKind)].length, count);
    }
  });

  it("iterates lazily: a damaged type harms only who comes to it", () => {
    const broken = new BtfBuilder();
    broken.int("int", 4);
    broken.ptr(99);
    const read = parseBtf(broken.build());
    assert.equal([...read.types("int")].length, 1);
    assert.throws(() => [...read.types()], MalformedError);
  });
});

describe("split BTF", () => {
  const split = new BtfBuilder(builder);
  const taskArray = split.array(btf.typeByName("task").id, 4);
  split.struct("module", 8, [
    ["task", ids.taskPtr, 0],
    ["own", taskArray, 64],
  ]);
  split.reference("typedef", taskArray, "task");
  split.enum("module_state", { COMING: 1, RUNNING: 0 });
  const module = parseBtf(split.build(), { base: btf, path: "module" });

  it("goes on with ids and strings where the base ends", () => {
    assert.equal(module.base, btf);
    assert.equal(module.firstId, btf.typeCount + 1);
    assert.equal(module.typeCount, 4);
    assert.deepEqual(
      module.typeByName("module", "struct").members.map(({ name }) => name),
      ["task", "own"],
    );
    assert.equal(module.typeById(1), btf.typeById(1));
    assert.throws(() => module.typeById(module.firstId + 4), InvalidArgumentError);
  });

  it("finds types of both, the base first", () => {
    const own = module.findByName("task", "typedef");
    assert.equal(own?.id, module.firstId + 2);
    assert.deepEqual(module.findAll("task"), [btf.typeByName("task"), own]);
    assert.equal(module.findByName("task")?.kind, "struct");
    assert.equal(btf.findByName("module"), undefined);
    for (let round = 0; round < 20; round++) {
      assert.equal(module.findByName("module")?.id, module.firstId + 1);
      assert.equal(module.findByName("nothing"), undefined);
    }
  });

  it("iterates and counts its own types only", () => {
    assert.deepEqual(
      Array.from(module.types(), ({ kind }) => kind),
      ["array", "struct", "typedef", "enum"],
    );
    assert.equal(module.countByKind().struct, 1);
  });

  it("answers questions across both", () => {
    assert.equal(module.member("module", "own[2].pid").offset, 8 + 2 * 80);
    assert.equal(module.describe(taskArray), "struct task [4]");
    assert.equal(module.pointerSize, 8);
    assert.equal(module.enumValue("COMING"), 1);
    assert.equal(module.enumValue("RUNNING", "module_state"), 0);
    assert.equal(module.enumValue("UP"), 1);
    assert.throws(() => module.enumValue("COMINGS"), { hint: 'did you mean "COMING"?' });
    assert.throws(() => module.enumValue("DOWNS"), { hint: 'did you mean "DOWN"?' });
    assert.throws(() => module.typeByName("lod"), { hint: 'did you mean "load"?' });
  });

  it("can be empty, and can itself be continued", () => {
    const empty = parseBtf(new BtfBuilder(split).build(), { base: module });
    assert.equal(empty.typeCount, 0);
    assert.equal(empty.firstId, module.firstId + 4);
    assert.equal(empty.findByName("module")?.id, module.firstId + 1);
    assert.deepEqual([...empty.types()], []);
  });

  it("is malformed without its base", () => {
    assert.throws(() => [...parseBtf(split.build()).types()], MalformedError);
  });
});
