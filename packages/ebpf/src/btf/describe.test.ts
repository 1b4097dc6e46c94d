import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "./btf.ts";
import { describeType } from "./describe.ts";
import { BtfBuilder } from "./testing-builder.ts";
import { sampleBtf } from "./testing-sample.ts";

describe("describe", () => {
  const { builder, ids } = sampleBtf();
  const sample = parseBtf(builder.build());

  it("names scalars, structs and what is only declared", () => {
    const check = (name: string, expected: string): void =>
      assert.equal(sample.describe(sample.typeByName(name).id), expected);
    check("int", "int");
    check("u64", "u64");
    check("double", "double");
    check("task", "struct task");
    check("state", "enum state");
    check("wide", "enum wide");
    check("hidden", "struct hidden");
    check("hidden_union", "union hidden_union");
    check("wake", "int wake(struct task *task, u64 flags, ...)");
    check("counter", "u64 counter");
    check(".data", "section .data");
    check("kfunc", '__attribute__((btf_decl_tag("kfunc")))');
    check("counted", "__attribute__((counted))");
    assert.equal(sample.describe(0), "void");
    assert.equal(sample.describe(ids.voidPtr), "void *");
    assert.equal(sample.describe(ids.choice), "union {…}");
    assert.equal(sample.describe(ids.inner), "struct {…}");
  });

  it("writes tags behind what they belong to", () => {
    const { type } = sample.typeByName("user_task", "typedef");
    assert.equal(sample.describe(type), 'struct task __attribute__((btf_type_tag("user"))) *');
    const noderef = sample.typeByName("noderef").id;
    assert.equal(sample.describe(noderef), "int __attribute__((noderef))");
  });

  it("writes around a name as C does", () => {
    const own = new BtfBuilder();
    const char = own.int("char", 1);
    const constChar = own.reference("const", char);
    const text = own.ptr(constChar);
    const constText = own.reference("const", text);
    const volatileConst = own.reference("volatile", constText);
    const texts = own.array(text, 4);
    const textsPtr = own.ptr(texts);
    const grid = own.array(own.array(char, 3), 2);
    const proto = own.proto(char, [
      ["", text],
      ["grid", grid],
    ]);
    const callback = own.ptr(proto);
    const callbacks = own.array(callback, 5);
    const getter = own.ptr(own.proto(callback, []));
    const read = parseBtf(own.build());
    const check = (id: number, unnamed: string, named: string): void => {
      assert.equal(read.describe(id), unnamed);
      assert.equal(describeType(read, id, "x"), named);
    };
    check(text, "const char *", "const char *x");
    check(constText, "const char *const", "const char *const x");
    check(volatileConst, "const char *volatile const", "const char *volatile const x");
    check(texts, "const char *[4]", "const char *x[4]");
    check(textsPtr, "const char *(*)[4]", "const char *(*x)[4]");
    check(grid, "char [2][3]", "char x[2][3]");
    check(proto, "char (const char *, char grid[2][3])", "char x(const char *, char grid[2][3])");
    check(
      callback,
      "char (*)(const char *, char grid[2][3])",
      "char (*x)(const char *, char grid[2][3])",
    );
    check(
      callbacks,
      "char (*[5])(const char *, char grid[2][3])",
      "char (*x[5])(const char *, char grid[2][3])",
    );
    check(
      getter,
      "char (*(*)(void))(const char *, char grid[2][3])",
      "char (*(*x)(void))(const char *, char grid[2][3])",
    );
  });

  it("ends for types that never do", () => {
    const own = new BtfBuilder();
    own.ptr(1);
    own.array(2, 1);
    own.ptr(4);
    own.proto(3, [
      ["", 3],
      ["", 3],
      ["", 3],
    ]);
    const read = parseBtf(own.build());
    assert.match(read.describe(1), /^… \*{200}$/);
    assert.ok(read.describe(2).startsWith("… [1][1]"));
    const text = read.describe(3);
    assert.ok(text.includes("…") && text.length < 2000, text);
  });
});
