import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError, NotSupportedError, PermissionError } from "ts-ebpf";
import { reportError } from "./error-report.ts";
import { ExitCode } from "./exit-code.ts";
import { capturedContext } from "./testing/captured.ts";
import { UsageError } from "./usage-error.ts";

const denied = new PermissionError({
  operation: 'create map "x"',
  errno: 1,
  errnoName: "EPERM",
  reason: "not permitted",
  hint: "run it as root",
});

interface Reported {
  readonly code: ExitCode;
  readonly text: string;
}

function report(error: unknown, options: { readonly json?: boolean } = {}): Reported {
  const context = capturedContext();
  const code = reportError(error, { context, json: options.json ?? false });
  assert.equal(context.written.out.text, "");
  return { code, text: context.written.err.text };
}

describe("reportError", () => {
  it("says what is missing", () => {
    const { code, text } = report(denied);
    assert.equal(code, ExitCode.unavailable);
    assert.match(text, /^PermissionError \[NO_PERMISSION\]: cannot create map "x": not permitted/);
    assert.match(text, /\n {2}hint: run it as root\n/);
    assert.match(text, /\n {2}see: {2}"ts-ebpf doctor"/);
  });
  it("knows what the kernel cannot do", () =>
    assert.equal(report(new NotSupportedError("ring buffers")).code, ExitCode.unavailable));
  it("knows other errors of the library", () => {
    const { code, text } = report(new InvalidArgumentError("no"));
    assert.equal(code, ExitCode.failed);
    assert.equal(text, "InvalidArgumentError [INVALID_ARGUMENT]: no\n");
  });
  it("says of an error of the system what the system says", () => {
    const error = Object.assign(new Error("ENOSPC: full"), { code: "ENOSPC", syscall: "write" });
    assert.deepEqual(report(error), { code: ExitCode.failed, text: "Error: ENOSPC: full\n" });
  });
  it("shows characters that move the cursor, and keeps tabs", () => {
    const error = new SyntaxError("x");
    error.stack = "a.ts:1\n\tconst x = \u001b[2J;\nSyntaxError: x";
    assert.equal(report(error).text, "a.ts:1\n\tconst x = \\x1b[2J;\nSyntaxError: x\n");
  });
  it("says where a mistake of ours is", () => {
    const { code, text } = report(new TypeError("oops"));
    assert.equal(code, ExitCode.failed);
    assert.match(text, /^TypeError: oops\n {4}at /);
  });
  it("leaves out where inside of Node a mistake was on its way", () => {
    const error = new TypeError("oops");
    error.stack =
      "TypeError: oops\n    at f (file:///x.ts:1:7)\n    at load (node:internal/x:1:2)\n    at async node:internal/y:3:4";
    assert.equal(report(error).text, "TypeError: oops\n    at f (file:///x.ts:1:7)\n");
  });
  it("says which module is missing, and no more", () => {
    const error = Object.assign(new Error("Cannot find module 'x'"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    assert.equal(report(error).text, "Error: Cannot find module 'x'\n");
  });
  it("knows command lines that cannot be meant", () => {
    const { code, text } = report(new UsageError("--a does not go with --b"));
    assert.equal(code, ExitCode.usage);
    assert.match(text, /--a does not go with --b/);
  });
  it("takes whatever was thrown", () => assert.match(report("text").text, /^text\n/));

  it("tells programs in one line", () => {
    const { code, text } = report(denied, { json: true });
    assert.equal(code, ExitCode.unavailable);
    assert.deepEqual(JSON.parse(text), {
      type: "error",
      code: "NO_PERMISSION",
      name: "PermissionError",
      message: 'cannot create map "x": not permitted (EPERM)',
      hint: "run it as root",
    });
    assert.equal(text.indexOf("\n"), text.length - 1);
  });
  it("has a code for errors without one", () =>
    assert.equal(
      (JSON.parse(report(new TypeError("oops"), { json: true }).text) as { code: string }).code,
      "FAILED",
    ));
});
