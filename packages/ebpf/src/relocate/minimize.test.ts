import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf, type Btf } from "../btf/btf.ts";
import { printRaw } from "../btf/print/raw.ts";
import { BtfBuilder } from "../btf/testing-builder.ts";
import type { CoreRelocation, CoreRelocationSite } from "../spec/core-relocation.ts";
import { coreAnswer } from "./core-value.ts";
import { minimizeBtf } from "./minimize.ts";

/** A kernel: a struct with a pointer, an array of structs and a union without a name; tags of many kinds beside it. */
function kernel(byteOrder: "little" | "big" = "little"): Btf {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const unused = builder.int("unused", 8);
  const node = builder.nextId;
  const nodePtr = builder.ptr(node + 1);
  builder.struct("node", 16, [
    ["next", nodePtr, 0],
    ["count", int, 64],
  ]);
  const nodes = builder.array(node + 1, 4, int);
  const choice = builder.union("", 8, [
    ["number", int, 0],
    ["other", unused, 0],
  ]);
  const task = builder.struct("task", 80, [
    ["unused", unused, 0],
    ["nodes", nodes, 64],
    ["", choice, 576],
    ["flag", int, 608, 3],
  ]);
  builder.reference("typedef", builder.ptr(task), "task_ref");
  builder.enum("state", { IDLE: 3, BUSY: 4 });
  builder.struct("other", 8, [["unused", unused, 0]]);
  return parseBtf(builder.build({ byteOrder }), { path: "kernel" });
}

const field = (
  kind: "field-exists" | "field-offset" | "field-size" | "field-left-shift",
  path: string,
): CoreRelocation => {
  const [struct = "", ...rest] = path.split(".");
  return { kind, field: { struct, path: rest.map((step) => (/^\d/.test(step) ? +step : step)) } };
};

const relocations: readonly CoreRelocation[] = [
  field("field-offset", "task.nodes.2.next"),
  field("field-size", "task.number"),
  field("field-left-shift", "task.flag"),
  field("field-exists", "task.missing"),
  field("field-exists", "nothing.at_all"),
  { kind: "type-size", type: "node" },
  { kind: "type-exists", type: "task_ref" },
  { kind: "type-exists", type: "no_such" },
  { kind: "enum-value", type: "state", name: "BUSY" },
  { kind: "enum-exists", type: "state", name: "LATER" },
];

const sites = relocations.map((core): CoreRelocationSite => ({ index: 0, core }));

describe("minimizeBtf", () => {
  const check = (target: Btf, some: readonly CoreRelocationSite[]): void => {
    const small = parseBtf(minimizeBtf(target, some), { path: "small" });
    for (const site of some) {
      const wanted = coreAnswer(site, { target: target }).value;
      assert.equal(coreAnswer(site, { target: small }).value, wanted, JSON.stringify(site.core));
    }
  };

  it("gives the answers of the whole, for all relocations and for each alone", () => {
    check(kernel(), sites);
    for (const site of sites) check(kernel(), [site]);
    check(kernel("big"), sites);
  });

  it("gives them to programs that have types of their own, too", () => {
    const local = kernel();
    const ref = local.typeByName("task_ref").id;
    const task = local.typeByName("task").id;
    const all = [
      { core: { kind: "type-matches", type: "task" }, kind: "type-matches", type: task },
      { core: { kind: "type-exists", type: "task_ref" }, kind: "type-exists", type: ref },
    ] as const;
    check(
      kernel(),
      all.map(({ core, kind, type }) => ({
        index: 0,
        core,
        local: { types: local, type, access: "0", kind },
      })),
    );
  });

  it("keeps only what is on the way", () => {
    const small = parseBtf(minimizeBtf(kernel(), sites.slice(0, 1)));
    assert.equal(
      printRaw(small).replaceAll(/ encoding=\S+/g, ""),
      [
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32",
        "[2] PTR '(anon)' type_id=3",
        "[3] STRUCT 'node' size=16 vlen=1",
        "\t'next' type_id=2 bits_offset=0",
        "[4] ARRAY '(anon)' type_id=3 index_type_id=1 nr_elems=4",
        "[5] STRUCT 'task' size=80 vlen=1",
        "\t'nodes' type_id=4 bits_offset=64",
        "",
      ].join("\n"),
    );
  });

  it("is empty for no relocations", () =>
    assert.equal(parseBtf(minimizeBtf(kernel(), [])).typeCount, 0));

  it("keeps the byte order", () =>
    assert.equal(parseBtf(minimizeBtf(kernel("big"), sites)).byteOrder, "big"));
});
