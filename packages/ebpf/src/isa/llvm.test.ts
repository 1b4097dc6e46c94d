/**
 * The vectors once more, against LLVM's assembler where there is one.
 *
 * LLVM 14 knows the instruction set up to v3 and its notation differs in small things; atomics that return the old
 * value it prints but cannot read.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { hex } from "../base/bytes.ts";
import { needs } from "../testing/needs.ts";
import { encode } from "./encode.ts";
import { parse } from "./parse.ts";

const file = new URL("../../test/vectors/instructions.txt", import.meta.url);
/** What version 3 of the instruction set does not have. */
const beyondLlvm14 =
  /\(s\d|\*\(s\d|s[/%]=|bswap|addr_space|percpu|gotol|may_goto|nospec|acquire|release/;
/** What LLVM 14 writes in another way, or cannot read. */
const otherNotation =
  /atomic|if \w+ & |skb\[r|kernel-function|map\[|btf\[|subprog|call pc|\) = -?\d|\+ 14\]|% =/;

/** The text as LLVM writes it; `undefined` when it cannot say this. */
function llvmText(text: string): string | undefined {
  if (beyondLlvm14.test(text) || otherNotation.test(text) || /[wr]\d+ %=/.test(text))
    return undefined;
  return text
    .replace(/(?<=\(r\d+) ([+-])/, " $1 ")
    .replace(/goto pc/, "goto ")
    .replace(/^(lock \*\(u32.*) r(\d+)$/, "$1 w$2")
    .replace(/call unknown#/, "call ")
    .replace(/^(r\d+ = )(0x\w+)$/, "$1$2 ll")
    .replace(/0x[\da-f]{8}(?= goto)/, (digits) => String(Number(digits) | 0));
}

describe("llvm-mc", needs("llvm-mc"), () => {
  it("makes the same bytes of the same text", () => {
    const cases = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.slice(line.indexOf(" | ") + 3, line.lastIndexOf(" | ")))
      .flatMap((text) => {
        const theirs = llvmText(text);
        return theirs === undefined ? [] : [{ text, theirs }];
      });
    const { stdout, stderr } = spawnSync(
      "llvm-mc",
      ["-triple=bpfel", "-mcpu=v3", "-show-encoding"],
      { input: cases.map(({ theirs }) => `${theirs}\n`).join(""), encoding: "utf8" },
    );
    assert.equal(stderr, "");
    const encodings = [...stdout.matchAll(/encoding: \[(.*)\]/g)].map(([, bytes = ""]) =>
      bytes.replaceAll("0x", "").replaceAll(",", ""),
    );
    assert.deepEqual(
      cases.map(({ text }) => `${text}: ${hex(encode(parse(text), { byteOrder: "little" }))}`),
      cases.map(({ text }, index) => `${text}: ${encodings[index]}`),
    );
    assert.ok(cases.length > 120, `only ${cases.length} compared`);
  });
});
