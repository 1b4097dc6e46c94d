import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asProcessStream, CapturedStream, withEnvironment } from "../testing/captured.ts";
import { paintFor, type Style } from "./colour.ts";

const unset = { NO_COLOR: undefined, FORCE_COLOR: undefined, NODE_DISABLE_COLORS: undefined };
const terminal = { ...unset, TERM: "xterm-256color", COLORTERM: undefined, CI: undefined };

const check = (
  options: { columns?: number; env?: Record<string, string | undefined>; style?: Style },
  expected: string,
): void => {
  const { columns, env, style = "red" } = options;
  const stream = asProcessStream(new CapturedStream(columns === undefined ? {} : { columns }));
  const painted = withEnvironment({ ...terminal, ...env }, () => paintFor(stream, style)("x"));
  assert.equal(painted, expected);
};

describe("paintFor", () => {
  it("colours on terminals", () => check({ columns: 80 }, "\x1b[31mx\x1b[39m"));
  it("joins styles", () =>
    check({ columns: 80, style: ["bold", "red"] }, "\x1b[1m\x1b[31mx\x1b[39m\x1b[22m"));
  it("does not colour pipes", () => check({}, "x"));
  it("does not colour where NO_COLOR is set", () =>
    check({ columns: 80, env: { NO_COLOR: "1" } }, "x"));
  it("does not colour terminals that cannot", () =>
    check({ columns: 80, env: { TERM: "dumb" } }, "x"));
  it("colours pipes where FORCE_COLOR is set", () =>
    check({ env: { FORCE_COLOR: "1" } }, "\x1b[31mx\x1b[39m"));
  it("does not colour where FORCE_COLOR is 0", () =>
    check({ columns: 80, env: { FORCE_COLOR: "0" } }, "x"));
});
