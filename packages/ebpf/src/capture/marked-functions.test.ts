import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionAt, markedFunctions } from "./marked-functions.ts";
import { parseSource } from "./parse.ts";

const parse = (text: string) => parseSource({ path: "case.ts", text });

describe("markedFunctions", () => {
  const check = (text: string, ...names: string[]): void => {
    assert.deepEqual(
      markedFunctions(parse(text)).map(({ name }) => name),
      names,
      text,
    );
  };
  it("finds directives in both quotes, and nothing that only looks like one", () => {
    check(`const f = () => { "use bpf"; };`, "f");
    check(`const f = () => { 'use bpf' };`, "f");
    check(`const f = () => { return "use bpf"; };`);
    check(`const f = () => { ("use bpf"); };`);
    check(`const f = () => { \`use bpf\`; };`);
    check(`const f = () => { 0; "use bpf"; };`);
    check(`const f = () => "use bpf";`);
    check(`const f = () => { "use bpf" + 1; };`);
    check(`"use bpf"; const f = () => {};`);
    check(`declare function f(): void; function g(): void; function g() {}`);
  });
  it("names them after themselves or what they are given to", () => {
    check(`function f() { "use bpf"; }`, "f");
    check(`const g = function f() { "use bpf"; };`, "f");
    check(`export const f = tpBtf("x", () => { "use bpf"; });`, "f");
    check(`const f = (tp(() => { "use bpf"; }) as T)!;`, "f");
    check(`let f; f = () => { "use bpf"; };`, "f");
    check(`const x = { f: tp(() => { "use bpf"; }), "g": () => { "use bpf"; } };`, "f", "g");
    check(`class K { f = () => { "use bpf"; }; [() => { "use bpf"; }] = 1; }`, "f", "");
    check(`export default () => { "use bpf"; };`, "");
    check(`tp(() => { "use bpf"; });`, "");
    check(`x.y = () => { "use bpf"; };`, "");
    check(`const { f } = () => { "use bpf"; };`, "");
  });
  it("does not look inside of one for others", () =>
    check(`const f = () => { "use bpf"; const g = () => { "use bpf"; }; };`, "f"));
  it("tells methods", () => {
    const text = `const x = { m() { "use bpf"; }, get g() { "use bpf"; return 1; }, f: () => { "use bpf"; } };
      class K { m() { "use bpf"; } p = () => { "use bpf"; } }`;
    assert.deepEqual(
      markedFunctions(parse(text)).map(({ method }) => method),
      [true, true, false, true, false],
    );
  });
});

describe("functionAt", () => {
  /** Checks the name of the function whose head covers the place of the bar. */
  const check = (text: string, name: string | undefined): void => {
    const found = functionAt(parse(text.replace("|", "")), text.indexOf("|"));
    assert.equal(found?.name, name, text);
  };
  it("finds the function whose head covers the place", () => {
    check(`const f = |(a) => { };`, "f");
    check(`const f = |async (a) => { };`, "f");
    check(`const f = async |(a) => { };`, "f");
    check(`function f|<T>(a: T) { }`, "f");
    check(`const f = |a => a;`, "f");
  });
  it("takes the innermost", () => {
    check(`const f = (a = |() => 1) => { };`, "");
    check(`const f = |(a = () => 1) => { };`, "f");
    check(`const f = () => { const g = |() => { } };`, "g");
  });
  it("finds none in a body or between functions", () => {
    check(`const f = () => { | };`, undefined);
    check(`|const f = () => { };`, undefined);
  });
});
