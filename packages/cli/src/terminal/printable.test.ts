import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { printable, quoteArgument } from "./printable.ts";

describe("printable", () => {
  const check = (text: string, shown: string): void => assert.equal(printable(text), shown);

  it("leaves text alone", () => check("grüße 漢字 😀 'x'", "grüße 漢字 😀 'x'"));
  it("shows escape sequences", () => check("\x1b[31mred", String.raw`\x1b[31mred`));
  it("shows line ends and tabs by name", () => check("a\r\n\tb", String.raw`a\r\n\tb`));
  it("shows delete", () => check("\x7f", String.raw`\x7f`));
  it("shows 8-bit controls", () => check("\u009b31m", String.raw`\u009b31m`));
  it("shows changes of direction", () => check("a\u202eb", String.raw`a\u202eb`));
  it("shows what has no width", () => check("a\u200bb\ufeff", String.raw`a\u200bb\ufeff`));
  it("shows line separators", () => check("\u2028", String.raw`\u2028`));

  it("leaves nothing that a terminal obeys", () => {
    const obeyed = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !obeyed.test(printable(text))));
  });
});

describe("quoteArgument", () => {
  const check = (text: string, quoted: string): void => assert.equal(quoteArgument(text), quoted);

  it("leaves plain words alone", () => check("--color=auto,/x:y@z%+_.", "--color=auto,/x:y@z%+_."));
  it("leaves letters of all alphabets alone", () => check("größe漢", "größe漢"));
  it("quotes nothing", () => check("", "''"));
  it("quotes blanks", () => check("a b", "'a b'"));
  it("quotes what shells expand", () => check("$HOME *", "'$HOME *'"));
  it("quotes quotes", () => check("it's", String.raw`'it'\''s'`));
  it("escapes controls", () => check("a'\\\n\x1b", String.raw`$'a\'\\\n\x1b'`));

  it("is undone by bash", () => {
    const text = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""));
    const words = fc.sample(text, 200);
    const script = `printf '%s\\0' ${words.map(quoteArgument).join(" ")}`;
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    const output = execFileSync("bash", ["-c", script], { encoding: "utf8", env });
    assert.deepEqual(output.split("\0").slice(0, -1), words);
  });
});
