import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashMap, program, u32, u64 } from "ts-ebpf";
import { exportedSpecs } from "./exported-specs.ts";

const counts = hashMap("counts", u32, u64, 1);
const first = program("socket_filter", [], { name: "" });
const second = program("socket_filter", [], { name: "named" });

describe("exportedSpecs", () => {
  const check = (
    exports: Readonly<Record<string, unknown>>,
    names: readonly string[],
    keys: readonly string[],
  ): void =>
    assert.deepEqual(Object.keys(exportedSpecs(exports, { file: "a/file.ts", names })), keys);

  it("takes maps and programs, and nothing else", () => {
    const others = { number: 1, text: "x", nothing: null, fn: () => 1, kind: { kind: "else" } };
    check({ counts, first, second, ...others }, [], ["counts", "first", "second"]);
  });
  it("takes those asked for, and all maps", () =>
    check({ counts, first, second }, ["second"], ["counts", "second"]));
  it("takes what is exported twice once, under its name", () =>
    check({ default: first, first }, [], ["first"]));
  it("finds a name for what has none", () => {
    check({ default: first }, [], ["program"]);
    check({ default: second }, [], ["named"]);
  });
  it("takes specs of another copy of the library", () =>
    check({ other: structuredClone(first) }, [], ["other"]));
  it("says that nothing is there to run", () =>
    assert.throws(() => check({ counts }, [], []), /file\.ts exports no program/));
  it("says what is there instead", () =>
    assert.throws(() => exportedSpecs({ counts, first }, { file: "file.ts", names: ["counts"] }), {
      message: /no program "counts"/,
      hint: "it has first",
    }));
});
