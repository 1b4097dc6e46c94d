import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../../base/errors.ts";
import { parseBtf } from "../btf.ts";
import { BtfBuilder } from "../testing-builder.ts";
import { sampleBtf } from "../testing-sample.ts";
import { printC } from "./c.ts";
import { printJson } from "./json.ts";
import { printRaw } from "./raw.ts";

const sample = parseBtf(sampleBtf().builder.build(), { path: "sample" });
const raw = printRaw(sample);

interface JsonType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly [key: string]: unknown;
}

function jsonTypes(text: string): readonly JsonType[] {
  return (JSON.parse(text) as { types: readonly JsonType[] }).types;
}

describe("printRaw", () => {
  const check = (name: string, expected: RegExp): void => assert.match(raw, expected, name);

  it("has a line for each type, with its list behind it", () => {
    check("int", /^\[1\] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED$/m);
    check("array", /^\[\d+\] ARRAY '\(anon\)' type_id=2 index_type_id=\d+ nr_elems=16$/m);
    check("struct", /^\[\d+\] STRUCT 'load' size=16 vlen=2\n\t'sum' type_id=6 bits_offset=0\n/m);
    check("bit-field", /^\t'policy' type_id=3 bits_offset=33 bitfield_size=3$/m);
    check("fwd", /^\[\d+\] FWD 'hidden_union' fwd_kind=union$/m);
    check("float", /^\[\d+\] FLOAT 'double' size=8$/m);
    check("func", /^\[\d+\] FUNC 'wake' type_id=\d+ linkage=global$/m);
    check("tag of a member", /^\[\d+\] DECL_TAG 'counted' type_id=\d+ component_idx=3$/m);
    check("tag of a whole", /^\[\d+\] DECL_TAG 'kfunc' type_id=\d+ component_idx=-1$/m);
  });
  it("shows a variable argument list as BTF stores it", () =>
    check(
      "proto",
      /FUNC_PROTO .* ret_type_id=1 vlen=3\n.*\n\t'flags' .*\n\t'\(anon\)' type_id=0$/m,
    ));
  it("writes values of enums with their sign", () => {
    check("unsigned", /^\t'STOPPED' val=4294967295$/m);
    check("signed", /^\t'DOWN' val=-1$/m);
    check("enum64", /^\t'WIDE_TOP' val=9223372036854775808ULL$/m);
    check("signed enum64", /^\t'WIDE_LOW' val=-1099511627776LL$/m);
  });
  it("names the variables of sections", () => {
    check("var", /^\[\d+\] VAR 'counter' type_id=6, linkage=global$/m);
    check(
      "datasec",
      /^\[\d+\] DATASEC '.data' size=8 vlen=1\n\t.* offset=0 size=8 \(VAR 'counter'\)/m,
    );
  });
  it("says the same for both byte orders", () => {
    const big = parseBtf(sampleBtf().builder.build({ byteOrder: "big" }));
    assert.equal(printRaw(big), raw);
  });
  it("begins split BTF at its own types", () => {
    const { builder } = sampleBtf();
    const split = new BtfBuilder(builder);
    const id = split.ptr(1);
    const btf = parseBtf(split.build(), { base: sample });
    assert.equal(printRaw(btf), `[${id}] PTR '(anon)' type_id=1\n`);
  });
  it("is empty without types", () =>
    assert.equal(printRaw(parseBtf(new BtfBuilder().build())), ""));
  it("refuses damaged BTF by path and offset", () => {
    const bytes = sampleBtf().builder.build();
    bytes[24 + 7] = 0x7f;
    const damaged = (error: unknown): boolean =>
      error instanceof MalformedError && /type 1/.test(error.message);
    assert.throws(() => printRaw(parseBtf(bytes, { path: "sample" })), damaged);
  });
});

describe("printJson", () => {
  const types = jsonTypes(printJson(sample));
  const named = (name: string): JsonType | undefined => types.find((type) => type.name === name);

  it("has all types in order", () => {
    assert.deepEqual(
      types.map(({ id }) => id),
      [...sample.types()].map(({ id }) => id),
    );
  });
  it("has the list of a type in it", () => {
    const { id, ...load } = named("load")!;
    assert.equal(id, sample.typeByName("load").id);
    assert.deepEqual(load, {
      kind: "STRUCT",
      name: "load",
      size: 16,
      vlen: 2,
      members: [
        { name: "sum", type_id: 6, bits_offset: 0 },
        { name: "avg", type_id: 4, bits_offset: 64 },
      ],
    });
  });
  it("keeps values exact that no number of JSON can hold", () => {
    assert.deepEqual(named("wide")?.["values"], [
      { name: "WIDE_ONE", val: 1 },
      { name: "WIDE_TOP", val: "9223372036854775808" },
    ]);
    assert.deepEqual(named("signed_wide")?.["values"], [{ name: "WIDE_LOW", val: -(2 ** 40) }]);
  });
});

describe("printC of some types", () => {
  it("has what they contain, and names what they point to", () => {
    const text = printC(sample, { types: ["task"] });
    assert.ok(text.indexOf("struct load {") < text.indexOf("struct task {"));
    assert.ok(text.includes("struct list_head {"));
    assert.doesNotMatch(text, /user_task|hidden|enum/);
    const list = printC(sample, { types: ["user_task"] });
    assert.match(list, /^struct task;$/m);
    assert.doesNotMatch(list, /struct task \{/);
  });
  it("takes ids too", () =>
    assert.equal(
      printC(sample, { types: [sample.typeByName("load").id] }),
      printC(sample, { types: ["load"] }),
    ));
  it("proposes a name for one that is not there", () =>
    assert.throws(
      () => printC(sample, { types: ["tusk"] }),
      (error) => error instanceof InvalidArgumentError && /task/.test(error.hint ?? ""),
    ));
});
