import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { projectPath } from "./project-path.ts";

describe("projectPath", () => {
  it("starts at the folder of the nearest package.json", () => {
    assert.equal(projectPath(import.meta.filename), "src/capture/project-path.test.ts");
  });
  it("starts at the working directory where there is none", () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "project-path-")));
    try {
      assert.equal(
        projectPath(join(folder, "a.ts")),
        relative(process.cwd(), join(folder, "a.ts")),
      );
      mkdirSync(join(folder, "inner", "src"), { recursive: true });
      writeFileSync(join(folder, "inner", "package.json"), "{}");
      assert.equal(projectPath(join(folder, "inner", "src", "a.ts")), "src/a.ts");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
