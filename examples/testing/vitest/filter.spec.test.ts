import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const runner = join(
  fileURLToPath(new URL(".", import.meta.resolve("vitest/package.json"))),
  "vitest.mjs",
);

it("is run by vitest", { timeout: 300_000 }, () => {
  const { VITEST: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@ts-ebpf/source", runner, "run", "--config", "vitest.sources.config.ts"],
    { cwd: import.meta.dirname, encoding: "utf8", env: { ...env, NO_COLOR: "1" } },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /Tests +2 passed/);
});
