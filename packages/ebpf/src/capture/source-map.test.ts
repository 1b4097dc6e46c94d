import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { inserted, type Insertion, sourceMap } from "./source-map.ts";

describe("inserted", () => {
  const check = (text: string, insertions: readonly [number, string][], result: string): void =>
    assert.equal(
      inserted(
        text,
        insertions.map(([at, added]) => ({ at, text: added })),
      ),
      result,
    );
  it("puts text before its place", () => {
    check("abc", [], "abc");
    check("abc", [[0, "1"]], "1abc");
    check("abc", [[3, "1"]], "abc1");
    check(
      "abc",
      [
        [1, "1"],
        [2, "2"],
      ],
      "a1b2c",
    );
    check(
      "abc",
      [
        [1, "1"],
        [1, "2"],
      ],
      "a12bc",
    );
    check("", [[0, "1"]], "1");
  });
});

describe("sourceMap", () => {
  const texts = fc
    .array(fc.constantFrom("a", "bc1", " ", "\n", "\r\n", "=", "(", "é", "😀", "\t"), {
      maxLength: 40,
    })
    .map((parts) => parts.join(""));

  it("maps every word of every text to where it was", () => {
    const cases = texts.chain((text) =>
      fc.tuple(
        fc.constant(text),
        fc
          .array(fc.nat(text.length), { maxLength: 5 })
          .map((places) =>
            places
              .toSorted((left, right) => left - right)
              .map((at, index): Insertion => ({ at, text: "#".repeat(index * 40 + 1) })),
          ),
      ),
    );
    fc.assert(
      fc.property(cases, ([text, insertions]) => {
        const map = new SourceMap(sourceMap({ path: "a/b.ts", text }, insertions) as never);
        const result = inserted(text, insertions).split("\n");
        for (const [line, content] of text.split("\n").entries()) {
          const columns = Array.from(result[line]!.matchAll(/[^#\s]/g), ({ index }) => index);
          const before = Array.from(content.matchAll(/\S/g), ({ index }) => index);
          for (const [index, column] of columns.entries()) {
            const entry = map.findEntry(line, column) as {
              originalLine: number;
              originalColumn: number;
            };
            assert.equal(entry.originalLine, line);
            const found = content.slice(entry.originalColumn, before[index]! + 1);
            assert.match(found, /^([\w$]+|[^\w$\s]{1,2})$/u);
          }
        }
      }),
    );
  });
  it("names the file by what it is called in its folder", () => {
    assert.deepEqual(sourceMap({ path: "a/b.ts", text: "x" }, []), {
      version: 3,
      sources: ["b.ts"],
      sourcesContent: ["x"],
      names: [],
      mappings: "AAAA",
    });
    assert.equal(sourceMap({ path: "b.ts", text: "\n\nx y" }, []).mappings, ";;AAEA,EAAE");
  });
});
