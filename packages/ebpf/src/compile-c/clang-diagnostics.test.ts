import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseClangDiagnostics } from "./clang-diagnostics.ts";

const text = "int a;\n  int b = c;\n";

function parse(...lines: readonly string[]): ReturnType<typeof parseClangDiagnostics> {
  const textOf = (file: string): string | undefined => (file === "x.c" ? text : undefined);
  return parseClangDiagnostics(lines.join("\n"), { file: "x.c", textOf });
}

describe("parseClangDiagnostics", () => {
  it("gives place, message and the line with its mark", () => {
    const { errors, warnings } = parse(
      "x.c:2:11: error: use of undeclared identifier 'c'",
      "1 error generated.",
    );
    assert.deepEqual(warnings, []);
    assert.deepEqual(errors, [
      {
        file: "x.c",
        line: 2,
        column: 11,
        message: "use of undeclared identifier 'c'",
        hint: undefined,
        frame: "    2 |   int b = c;\n      |           ^",
      },
    ]);
  });

  it("takes notes for hints of what was said before", () => {
    const { errors } = parse(
      "x.c:2:11: error: no",
      "x.c:1:5: note: 'a' declared here",
      "y.h:4:1: note: expanded from it",
    );
    assert.equal(errors[0]?.hint, "'a' declared here; expanded from it (y.h:4)");
  });

  it("tells warnings from errors", () => {
    const { errors, warnings } = parse(
      "x.c:1:5: warning: unused [-Wunused]",
      "x.c:2:1: fatal error: stop",
    );
    assert.deepEqual(
      [errors.map((one) => one.message), warnings.map((one) => one.message)],
      [["stop"], ["unused [-Wunused]"]],
    );
  });

  const elsewhere: readonly (readonly [line: string, place: string, message: string])[] = [
    [
      "error: x.c:2:3: in function f i32 (ptr): too much stack",
      "x.c:2:3",
      "in function f i32 (ptr): too much stack",
    ],
    ["error: <unknown>:0:0: in function f i32 (): no", "x.c:1:1", "in function f i32 (): no"],
    ["clang: error: no such target", "x.c:1:1", "no such target"],
    ["error: unknown target CPU 'v9'", "x.c:1:1", "unknown target CPU 'v9'"],
    ["a:b.h:7:9: error: colon", "a:b.h:7:9", "colon"],
  ];
  for (const [line, place, message] of elsewhere) {
    it(`finds the place of: ${line}`, () => {
      const [error] = parse(line).errors;
      assert.deepEqual(
        [`${error?.file}:${error?.line}:${error?.column}`, error?.message],
        [place, message],
      );
    });
  }

  it("says which package has a header", () => {
    const { errors } = parse("x.c:1:10: fatal error: 'bpf/bpf_helpers.h' file not found");
    assert.match(errors[0]?.hint ?? "", /libbpf-dev/);
  });

  it("says nothing of what is no diagnostic", () => {
    assert.deepEqual(parse("In file included from x.c:1:", "2 warnings generated.", ""), {
      errors: [],
      warnings: [],
    });
  });
});
