import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf } from "./btf.ts";
import { fieldChain, fieldOffset } from "./member.ts";
import { BtfBuilder } from "./testing-builder.ts";
import { sampleBtf } from "./testing-sample.ts";

const { builder, ids } = sampleBtf();
const btf = parseBtf(builder.build(), { path: "sample" });

/** Checks that `run` is refused with this message and hint. */
function refused(run: () => unknown, message: RegExp, hint?: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof InvalidArgumentError);
    assert.match(error.message, message);
    if (hint !== undefined) assert.match(error.hint ?? "", hint);
    return true;
  });
}

describe("member", () => {
  it("is found in structs, arrays and unnamed structs and unions", () => {
    const check = (path: string, offset: number, size: number): void => {
      const field = btf.member("task", path);
      assert.deepEqual(
        [field.offset, field.bitOffset, field.size, field.bitfieldSize],
        [offset, 8 * offset, size, 0],
      );
    };
    check("pid", 0, 4);
    check("comm", 8, 16);
    check("comm[15]", 23, 1);
    check("load", 24, 32);
    check("load[1]", 40, 16);
    check("load[1].avg", 48, 8);
    check("parent", 56, 8);
    check("a", 56, 4);
    check("b", 60, 4);
    check("list.prev", 72, 8);
    check("tail", 80, 0);
    check("tail[0]", 80, 8);
    check("tail[1000]", 8080, 8);
  });

  it("tells the type as declared", () => {
    assert.equal(btf.member("task", "list").type, ids.constList);
    assert.equal(btf.member("task", "load[0].sum").type, btf.typeByName("u64").id);
  });

  it("tells the bits of bit-fields", () => {
    const { type, ...place } = btf.member("task", "policy");
    assert.equal(type, btf.typeByName("unsigned int").id);
    assert.deepEqual(place, { offset: 4, bitOffset: 33, size: 4, bitfieldSize: 3 });
  });

  it("tells the bits of bit-fields that old compilers wrote as odd integers", () => {
    const old = new BtfBuilder();
    const odd = old.raw("unsigned int", [0x0100_0000, 4], [(5 << 16) | 3]);
    old.struct("old", 8, [["flags", odd, 32]]);
    const { type: _, ...place } = parseBtf(old.build()).member("old", "flags");
    assert.deepEqual(place, { offset: 4, bitOffset: 37, size: 4, bitfieldSize: 3 });
  });

  it("takes structs and unions by name, by typedef, and by id", () => {
    const own = new BtfBuilder();
    own.int("int", 4);
    const bare = own.struct("", 4, [["counter", 1, 0]]);
    own.reference("typedef", bare, "atomic_t");
    own.union("either", 8, [["low", 1, 0]]);
    const read = parseBtf(own.build());
    assert.equal(read.member("atomic_t", "counter").size, 4);
    assert.equal(read.member("either", "low").size, 4);
    assert.equal(read.member(read.typeByName("atomic_t").id, "counter").size, 4);
    assert.equal(read.member(read.typeById(bare).id, "counter").size, 4);
  });

  it("names the struct and a member that may have been meant", () => {
    refused(() => btf.member("task", "pidd"), /^struct task has no member "pidd"$/, /"pid"/);
    refused(() => btf.member("task", "load[0].smu"), /^struct load has no member "smu"$/, /"sum"/);
    refused(() => btf.member("load", "nothing"), /no member/, /^it has sum, avg$/);
    refused(() => btf.member("task", "zzzzzzz"), /no member/, /^it has pid, .*, …$/);
    refused(() => btf.member("taks", "pid"), /^there is no struct "taks" in sample$/, /"task"/);
    refused(() => btf.member("wake", "pid"), /^there is no struct "wake"/, /is of kind func/);
    refused(() => btf.member("u64", "pid"), /^u64 has no members in sample$/);
    refused(() => btf.member(btf.typeById(0).id, "pid"), /^void has no members/);
  });

  it("says when a step does not fit the type", () => {
    refused(() => btf.member("task", "pid.x"), /^int has no members, so there is no "x" in it$/);
    refused(() => btf.member("task", "comm.x"), /^char \[16\] has no members/);
    refused(() => btf.member("task", "list[0]"), /^const struct list_head is not an array/);
    refused(() => btf.member("task", "[0]"), /^struct task is not an array/);
    refused(
      () => btf.member("task", "comm[16]"),
      /^there is no \[16\] in char \[16\], .* 16 elements$/,
    );
  });

  it("refuses what is no path", () => {
    for (const path of [
      "",
      ".",
      "a.",
      ".a",
      "a..b",
      "a[",
      "a[]",
      "a[-1]",
      "a[x]",
      "[0]a",
      "a b",
      "a]",
    ]) {
      refused(() => btf.member("task", path), /is not the path of a member$/, /as in C/);
    }
  });

  it("stops at pointers and says how to go on", () => {
    refused(
      () => btf.member("task", "parent.list.next"),
      /^"parent" is a pointer \(struct task \*\)/,
      /^split the path there: load "parent", then "list.next" of struct task$/,
    );
    refused(() => btf.member("task", "parent[1]"), /^"parent" is a pointer/, /then "\[1\]" of/);
  });

  it("does not walk forever through structs that contain themselves", () => {
    const own = new BtfBuilder();
    own.int("int", 4);
    own.struct("self", 4, [
      ["", 2, 0],
      ["", 3, 0],
    ]);
    own.struct("other", 4, [
      ["", 2, 0],
      ["", 3, 0],
      ["found", 1, 8],
    ]);
    const read = parseBtf(own.build());
    assert.equal(read.member("self", "found").offset, 1);
    refused(() => read.member("self", "lost"), /no member "lost"/);
  });

  it("finds members below very many unnamed structs", () => {
    const own = new BtfBuilder();
    const int = own.int("int", 4);
    const depth = 20_000;
    for (let n = 0; n < depth; n++) own.struct(n === 0 ? "top" : "", 4, [["", own.nextId + 1, 8]]);
    own.struct("", 4, [["deep", int, 0]]);
    assert.equal(parseBtf(own.build()).member("top", "deep").offset, depth);
  });
});

describe("fieldOffset", () => {
  it("is the offset in bytes", () => {
    assert.equal(fieldOffset(btf, "task", "load[1].avg"), 48);
  });

  it("refuses bit-fields and the way through pointers", () => {
    refused(
      () => fieldOffset(btf, "task", "policy"),
      /^"policy" is a bit-field: 3 bits from bit 33 on$/,
    );
    refused(() => fieldOffset(btf, "task", "parent.pid"), /^"parent" is a pointer/);
  });
});

describe("fieldChain", () => {
  const offsets = (path: string): number[] =>
    fieldChain(btf, "task", path).map(({ offset }) => offset);

  it("has a field for each load", () => {
    assert.deepEqual(offsets("pid"), [0]);
    assert.deepEqual(offsets("parent.pid"), [56, 0]);
    assert.deepEqual(offsets("parent.parent.load[1].avg"), [56, 56, 48]);
    assert.deepEqual(offsets("list.next.prev"), [64, 8]);
  });

  it("refuses to go into what a pointer to no struct points to", () => {
    const own = new BtfBuilder();
    own.int("int", 4);
    const ptr = own.ptr(1);
    own.struct("s", 8, [["p", ptr, 0]]);
    const read = parseBtf(own.build());
    refused(() => fieldChain(read, "s", "p.x"), /^int has no members/);
    refused(() => fieldChain(btf, "task", "parent[1].pid"), /^struct task is not an array/);
    refused(() => fieldChain(btf, "task", "parent.pidd"), /^struct task has no member "pidd"/);
  });
});
