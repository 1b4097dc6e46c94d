import { spawnSync } from "node:child_process";
import { join } from "node:path";
// #region test
import assert from "node:assert/strict";
import { it } from "node:test";
import { testProgram } from "ts-ebpf/testing";
import { counts, onCall } from "./count.ts";

it("counts system calls by process", async () => {
  using test = await testProgram(onCall);
  const { world } = test.simulated;
  world.task = { ...world.task, pid: 7 };
  test.run({ args: [0n, 1n] });
  test.run({ args: [0n, 2n] });
  test.expectMap(counts, [[7, 2n]]);
});
// #endregion

it("runs on a simulated kernel, on what a file says", () => {
  const here = import.meta.dirname;
  const launcher = join(here, "../../packages/cli/bin/ts-ebpf.js");
  const words = ["run", join(here, "count.ts"), "--sim", "--input", join(here, "calls.jsonl")];
  const given = ["--conditions=@ts-ebpf/source", launcher, ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^counts {2}2 elements\n +KEY +VALUE\n +7 +2\n +8 +1\n/);
});
