import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf, type Btf } from "../btf.ts";
import { printRaw } from "../print/raw.ts";
import { BtfBuilder } from "../testing-builder.ts";
import { sampleBtf } from "../testing-sample.ts";
import { sanitizeBtf, type BtfSupport } from "./sanitize.ts";

const everything: BtfSupport = {
  func: true,
  datasec: true,
  globalFunc: true,
  float: true,
  declTag: true,
  typeTag: true,
  enum64: true,
  optionalSection: true,
};
const nothing = Object.fromEntries(
  Object.keys(everything).map((key) => [key, false]),
) as unknown as BtfSupport;

const sample = parseBtf(sampleBtf().builder.build());

function sanitized(lacking: keyof BtfSupport, btf: Btf = sample): Btf {
  return parseBtf(sanitizeBtf(btf, { ...everything, [lacking]: false }).encode());
}

/** Lines of the dump after, that were not in the dump before. */
function changes(lacking: keyof BtfSupport): string {
  const before = new Set(printRaw(sample).split("\n"));
  return printRaw(sanitized(lacking))
    .split("\n")
    .filter((line) => !before.has(line))
    .map((line) => line.replace(/^\[\d+\] /, ""))
    .join("\n");
}

describe("sanitizeBtf", () => {
  const check = (lacking: keyof BtfSupport, expected: RegExp): void =>
    assert.match(changes(lacking), expected, lacking);

  it("changes nothing for a kernel that knows everything", () =>
    assert.equal(printRaw(parseBtf(sanitizeBtf(sample, everything).encode())), printRaw(sample)));
  it("leaves only kinds of the first kernels where nothing is known", () => {
    const counts = parseBtf(sanitizeBtf(sample, nothing).encode()).countByKind();
    const later = [
      "func",
      "func_proto",
      "var",
      "datasec",
      "float",
      "decl_tag",
      "type_tag",
    ] as const;
    for (const kind of [...later, "enum64"] as const) assert.equal(counts[kind], 0, kind);
  });
  it("makes typedefs of functions, and enums of prototypes", () => {
    check("func", /^TYPEDEF 'wake' type_id=\d+$/m);
    check(
      "func",
      /^ENUM '\(anon\)' encoding=UNSIGNED size=4 vlen=3\n\t'task' val=\d+\n\t'flags' val=6$/m,
    );
  });
  it("makes global functions static", () =>
    check("globalFunc", /^FUNC 'wake' type_id=\d+ linkage=static$/m));
  it("makes structs of sections, and bytes of variables", () => {
    check("datasec", /^INT 'counter' size=1 bits_offset=0 nr_bits=8 encoding=\(none\)$/m);
    check("datasec", /^STRUCT '_data' size=8 vlen=1\n\t'counter' type_id=\d+ bits_offset=0$/m);
  });
  it("makes empty structs of floating point numbers", () =>
    check("float", /^STRUCT '\(anon\)' size=8 vlen=0$/m));
  it("makes bytes of tags of declarations", () => check("declTag", /^INT 'counted' size=1 /m));
  it("makes qualifiers of tags of types", () =>
    check("typeTag", /^CONST '\(anon\)' type_id=\d+$/m));
  it("makes unions of large enums, whose members are a type behind all others", () => {
    const union = sanitized("enum64").typeByName("wide", "union");
    const last = sample.firstId + sample.typeCount;
    assert.deepEqual(
      [union.size, union.members.map(({ type }) => Number(type))],
      [8, [last, last]],
    );
    assert.equal(sanitized("enum64").typeById(last).name, "enum64_placeholder");
    assert.equal(sanitized("enum64").typeByName("signed_state", "enum").signed, false);
    assert.equal(sanitized("datasec").typeCount, sample.typeCount);
  });
  it("renames sections that begin with a question mark", () => {
    const builder = new BtfBuilder();
    builder.datasec(["?.struct_ops", 0], []);
    const btf = parseBtf(builder.build());
    assert.ok(sanitized("optionalSection", btf).findByName("_.struct_ops", "datasec"));
    assert.ok(sanitized("float", btf).findByName("?.struct_ops", "datasec"));
  });
  it("keeps ids and byte order", () => {
    const big = parseBtf(sampleBtf().builder.build({ byteOrder: "big" }));
    const after = parseBtf(sanitizeBtf(big, nothing).encode());
    assert.equal(after.byteOrder, "big");
    assert.equal(after.typeByName("task", "struct").id, sample.typeByName("task", "struct").id);
  });
});
