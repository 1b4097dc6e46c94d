import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Node } from "@oxc-project/types";
import { MalformedError } from "../base/errors.ts";
import { decodeTree, encodeTree } from "./compact-tree.ts";
import { parseSource } from "./parse.ts";

/** Checks that a file's tree survives, but for values of regular expressions. */
function check(text: string): void {
  const program: Node = parseSource({ path: "case.ts", text });
  const plain = JSON.parse(JSON.stringify(program, bigintAsText)) as unknown;
  const decoded = decodeTree(encodeTree(program), program.start);
  assert.deepEqual(JSON.parse(JSON.stringify(decoded, bigintAsText)), withoutRegExp(plain));
}

const bigintAsText = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? `bigint ${value}` : value;

/** A regular expression is `{}` in JSON. */
const withoutRegExp = (tree: unknown): unknown =>
  JSON.parse(JSON.stringify(tree), (key, value: unknown) =>
    key === "value" && JSON.stringify(value) === "{}" ? null : value,
  );

describe("encodeTree and decodeTree", () => {
  it("keep every property of every node", () => {
    check(
      `const f = ({ a, b = 1 }: T, ...c: u32[]): Ref<typeof X> | null => { "use bpf"; return a; };`,
    );
    check(
      "`x${1}\\u{1F600}y`; 'it\\'s'; \"\\\"\"; 1n; 0xffff_ffff_ffff_ffffn; -1.5e3; null; true;",
    );
    check(
      `for (const [i, , j] of range(0, 1n)) { using e = m.reserve(); e!.x ??= u32(i) as u32; }`,
    );
    check(`/re+/g; a?.b?.[c]; label: while (1) break label; enum E { A = 1 }`);
  });
  it("keep the files of this folder", () => {
    const folder = new URL(".", import.meta.url);
    for (const name of readdirSync(folder)) check(readFileSync(new URL(name, folder), "utf8"));
  });
  it("put the outermost node where it is said to start", () => {
    const program = parseSource({ path: "case.ts", text: "  f(1, 22n);" });
    const call = (program.body[0] as { expression: Node }).expression;
    const moved = decodeTree(encodeTree(call), 102) as unknown as {
      start: number;
      end: number;
      arguments: { start: number; end: number; value: unknown }[];
    };
    assert.deepEqual([moved.start, moved.end], [102, 111]);
    assert.deepEqual(
      moved.arguments.map(({ start, end, value }) => [start, end, value]),
      [
        [104, 105, 1],
        [107, 110, 22n],
      ],
    );
  });
  it("reject what they did not write", () => {
    for (const text of ["", "[]", "[[],[0,0,0]]", '[["A b"],[0,0,0,[7,0,0]]]', "{}", "null"])
      assert.throws(() => decodeTree(text, 0), MalformedError, text);
  });
});
