import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf, type Btf } from "../btf/btf.ts";
import { voidId } from "../btf/type.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import { addInt } from "../relocate/layout-type.ts";
import { addExterns, type ExternNames } from "./extern-types.ts";

/** A kernel with `struct task *find(const struct task *from, unsigned int flags)` and `int counter`. */
function kernel(): Btf {
  const writer = new BtfWriter();
  const type = addInt(writer, "unsigned int", 4, "unsigned");
  const members = [{ name: "pid", type, bitOffset: 0, bitfieldSize: 0 }];
  const task = writer.add({ kind: "struct", name: "task", size: 4, members });
  const constant = writer.add({ kind: "const", name: "", type: task });
  const pointer = writer.add({ kind: "ptr", name: "", type: task });
  const parameters = [
    { name: "from", type: writer.add({ kind: "ptr", name: "", type: constant }) },
    { name: "flags", type: writer.add({ kind: "typedef", name: "flags_t", type }) },
  ];
  const proto = {
    kind: "func_proto",
    name: "",
    type: pointer,
    parameters,
    variadic: false,
  } as const;
  const signature = writer.add(proto);
  writer.add({ kind: "func", name: "find", type: signature, linkage: "static" });
  writer.add({ kind: "var", name: "counter", type, linkage: "global" });
  return parseBtf(writer.encode());
}

function declared(names: Partial<ExternNames>, types: Btf | undefined = kernel()): Btf {
  const writer = new BtfWriter();
  addExterns(writer, { functions: [], variables: [], ...names }, types);
  return parseBtf(writer.encode());
}

describe("addExterns", () => {
  it("declares functions with the kinds of what they take, and structs without members", () => {
    const btf = declared({ functions: ["find"] });
    const { linkage, id } = btf.typeByName("find", "func");
    assert.equal(linkage, "extern");
    assert.equal(btf.describe(id), "struct task *find(struct task *from, unsigned int flags)");
    assert.deepEqual(btf.typeByName("task", "struct").members, []);
  });

  it("lists everything in one section", () => {
    const btf = declared({ functions: ["find"], variables: ["counter"] });
    const { variables } = btf.typeByName(".ksyms", "datasec");
    assert.deepEqual(
      variables.map(({ type }) => btf.typeById(type).name),
      ["find", "counter"],
    );
    assert.ok(variables.every(({ type }) => type !== voidId));
  });

  it("adds nothing when nothing is used", () => assert.equal(declared({}).typeCount, 0));

  it("refuses what the kernel does not have, or when it is not known", () => {
    const refuse = (make: () => unknown, message: RegExp): void =>
      assert.throws(make, (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, message);
        return true;
      });
    refuse(() => declared({ functions: ["fnd"] }), /fnd/);
    const names = { functions: ["find"], variables: [] };
    refuse(
      () => addExterns(new BtfWriter(), names, undefined),
      /what "find" of the kernel looks like/,
    );
  });
});
