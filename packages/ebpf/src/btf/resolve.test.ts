import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import { parseBtf } from "./btf.ts";
import { BtfBuilder } from "./testing-builder.ts";
import { sampleBtf } from "./testing-sample.ts";

const { builder, ids } = sampleBtf();
const btf = parseBtf(builder.build(), { path: "sample" });

/** A BTF of what `add` adds. */
function build(add: (builder: BtfBuilder) => void): ReturnType<typeof parseBtf> {
  const own = new BtfBuilder();
  add(own);
  return parseBtf(own.build());
}

/** `count` typedefs in a row, the last of type `end`. */
function chain(count: number, end: number): ReturnType<typeof parseBtf> {
  return build((own) => {
    own.int("int", 4);
    for (let n = 0; n < count; n++)
      own.reference("typedef", n === count - 1 ? end : n + 3, `t${n}`);
  });
}

describe("resolve", () => {
  it("goes through typedefs, qualifiers and type tags, and nothing else", () => {
    const check = (id: number, kind: string): void => assert.equal(btf.resolve(id).kind, kind);
    check(btf.typeByName("u64").id, "int");
    check(ids.constList, "struct");
    check([...btf.types("volatile")][0]!.id, "int");
    check([...btf.types("restrict")][0]!.id, "ptr");
    check([...btf.types("type_tag")][0]!.id, "struct");
    check(btf.typeByName("user_task").id, "ptr");
    check(btf.typeByName("wake", "func").id, "func");
    check(btf.typeByName("counter").id, "var");
    check(0, "void");
  });

  it("follows as many in a row as the kernel does", () => {
    assert.equal(chain(32, 1).resolve(2).kind, "int");
    assert.throws(() => chain(33, 1).resolve(2), MalformedError);
  });

  it("does not run in circles", () => {
    assert.throws(
      () => chain(1, 2).resolve(2),
      /type 2 › \+0x28: it refers to more than 32 types in a row/,
    );
    assert.throws(() => chain(3, 2).size(2), MalformedError);
  });
});

describe("size", () => {
  it("is that of values in memory", () => {
    const check = (id: number, size: number): void => assert.equal(btf.size(id), size);
    check(btf.typeByName("int").id, 4);
    check(btf.typeByName("u64").id, 8);
    check(btf.typeByName("double").id, 8);
    check(btf.typeByName("task").id, 80);
    check(ids.choice, 8);
    check(ids.comm, 16);
    check(ids.loads, 32);
    check(ids.voidPtr, 8);
    check(ids.constList, 16);
    check(btf.typeByName("state").id, 4);
    check(btf.typeByName("wide").id, 8);
    check(btf.typeByName("counter").id, 8);
    check(btf.typeByName(".data").id, 8);
  });

  it("multiplies arrays of arrays", () => {
    const nested = build((own) => {
      own.int("short", 2);
      own.array(1, 6);
      own.array(2, 5);
    });
    assert.equal(nested.size(3), 60);
  });

  it("is not there for what has none", () => {
    const check = (id: number, message: RegExp): void => {
      assert.throws(
        () => btf.size(id),
        (error) => error instanceof InvalidArgumentError && message.test(error.message),
      );
    };
    check(0, /^void in sample has no size$/);
    check(btf.typeByName("hidden").id, /^fwd "hidden" in sample has no size$/);
    check(btf.typeByName("wake", "func").id, /^func "wake"/);
    check(btf.typeByName("kfunc").id, /^decl_tag "kfunc"/);
    check([...btf.types("func_proto")][0]!.id, /^func_proto/);
  });

  it("refuses arrays of 4 GiB, and arrays of themselves", () => {
    const large = build((own) => {
      own.int("int", 4);
      own.array(1, 0x3fff_ffff);
      own.array(1, 0x4000_0000);
      own.array(4, 1);
    });
    assert.equal(large.size(2), 0xffff_fffc);
    assert.throws(() => large.size(3), MalformedError);
    assert.throws(() => large.size(4), MalformedError);
  });
});

describe("pointerSize", () => {
  const check = (expected: number, name: string, size: number): void => {
    const own = build((builder) => {
      builder.int("int", 2);
      builder.int(name, size);
      builder.ptr(1);
    });
    assert.equal(own.pointerSize, expected);
    assert.equal(own.size(3), expected);
  };

  it("is that of long", () => {
    check(4, "long int", 4);
    check(4, "unsigned long", 4);
    check(8, "long", 8);
  });

  it("is 8 when there is no long, or one that no pointer is like", () => {
    check(8, "long long", 4);
    check(8, "long int", 16);
  });
});
