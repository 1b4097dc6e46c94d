import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../../base/errors.ts";
import { parseBtf, type Btf } from "../btf.ts";
import { BtfBuilder } from "../testing-builder.ts";
import { rebaseBtf } from "./rebase.ts";

/** A module over a distilled base: it points to `task`, contains `lock` and an enum, and has an integer of its own. */
function splitBtf(byteOrder: "little" | "big" = "little"): Btf {
  const base = new BtfBuilder();
  const int = base.int("int", 4, 1);
  const task = base.reference("fwd", 0, "task");
  const lock = base.struct("lock", 8, []);
  const state = base.enum("state", {});
  const split = new BtfBuilder(base);
  const taskPtr = split.ptr(task);
  const own = split.int("own", 2);
  split.struct("device", 32, [
    ["owner", taskPtr, 0],
    ["lock", lock, 64],
    ["state", state, 128],
    ["count", int, 160],
    ["own", own, 192],
  ]);
  split.func("probe", split.proto(0, [["task", taskPtr]]), 1);
  const distilled = parseBtf(base.build({ byteOrder }), { path: "module, base" });
  return parseBtf(split.build({ byteOrder }), { base: distilled, path: "module" });
}

/** The kernel's BTF, with other ids; what `change` does instead of `lock` stays in its place. */
function realBase(
  change: (builder: BtfBuilder, int: number) => unknown = (builder, int) =>
    builder.struct("lock", 8, [
      ["value", int, 0],
      ["owner", int, 32],
    ]),
): Btf {
  const builder = new BtfBuilder();
  builder.int("long", 8, 1);
  builder.int("unsigned int", 4);
  const state = builder.enum("state", { IDLE: 0 });
  const int = builder.int("int", 4, 1);
  builder.struct("task", 8, [
    ["pid", int, 0],
    ["state", state, 32],
  ]);
  builder.func("task", builder.proto(0, []));
  change(builder, int);
  return parseBtf(builder.build(), { path: "vmlinux" });
}

describe("rebaseBtf", () => {
  it("leads the references of the module to the kernel's types", () => {
    const base = realBase();
    const btf = rebaseBtf(splitBtf(), base);
    assert.equal(btf.base, base);
    assert.equal(btf.firstId, base.firstId + base.typeCount);
    assert.equal(btf.typeCount, splitBtf().typeCount);
    const { members } = btf.typeByName("device", "struct");
    assert.deepEqual(
      members.map(({ name, type }) => `${name}: ${btf.describe(type)}`),
      ["owner: struct task *", "lock: struct lock", "state: enum state", "count: int", "own: own"],
    );
    assert.equal(btf.member("device", "lock.owner").offset, 12);
    assert.equal(btf.typeById(members[3]!.type).id, base.typeByName("int", "int").id);
    assert.deepEqual(
      btf.signature("probe").parameters.map(({ type }) => btf.describe(type)),
      ["struct task *"],
    );
  });

  it("leaves the module it was given as it is", () => {
    const split = splitBtf();
    rebaseBtf(split, realBase());
    assert.equal(split.typeByName("device", "struct").members[1]!.type, 3);
  });

  const refuses = (split: Btf, base: Btf, message: RegExp): void =>
    assert.throws(
      () => rebaseBtf(split, base),
      (error) => error instanceof InvalidArgumentError && message.test(error.message),
    );

  it("refuses a kernel that has no such type, or one of another size, kind or sign", () => {
    const missing = /^module needs struct "lock", which vmlinux does not have/;
    refuses(
      splitBtf(),
      realBase(() => 0),
      missing,
    );
    refuses(
      splitBtf(),
      realBase((builder) => builder.struct("lock", 16, [])),
      missing,
    );
    refuses(
      splitBtf(),
      realBase((builder) => builder.union("lock", 8, [])),
      missing,
    );
  });

  it("refuses a kernel where several types are meant", () =>
    refuses(
      splitBtf(),
      realBase((builder, int) => {
        builder.struct("lock", 8, [["value", int, 0]]);
        builder.struct("lock", 8, [["other", int, 0]]);
      }),
      /several types in vmlinux: 8, 9/,
    ));

  it("takes the one of several that has the size", () => {
    const base = realBase((builder, int) => {
      builder.struct("lock", 4, [["value", int, 0]]);
      builder.struct("lock", 8, [["value", int, 32]]);
    });
    assert.equal(rebaseBtf(splitBtf(), base).member("device", "lock.value").offset, 12);
  });

  it("takes a struct of another size where the module only points to it", () => {
    const distilled = new BtfBuilder();
    const lock = distilled.struct("lock", 8, []);
    const other = distilled.struct("task", 4096, []);
    const split = new BtfBuilder(distilled);
    const pointer = split.ptr(other);
    const locks = split.array(split.reference("typedef", lock, "lock_t"), 2);
    split.struct("device", 24, [
      ["task", pointer, 0],
      ["locks", locks, 64],
    ]);
    const read = parseBtf(split.build(), { base: parseBtf(distilled.build()), path: "module" });
    const base = realBase();
    const [task] = rebaseBtf(read, base).typeByName("device", "struct").members;
    assert.equal(base.typeByName("task", "struct").size, 8);
    assert.equal(rebaseBtf(read, base).describe(task!.type), "struct task *");
    // Behind an array and a typedef it lies within all the same.
    refuses(
      read,
      realBase((builder) => builder.struct("lock", 16, [])),
      /needs struct "lock"/,
    );
    refuses(read, parseBtf(distilled.build({ byteOrder: "big" })), /the other kind/);
  });

  it("refuses BTF without base, and of another byte order", () => {
    refuses(realBase(), realBase(), /vmlinux is not split BTF/);
    refuses(splitBtf("big"), realBase(), /module is of a big-endian machine/);
  });
});
