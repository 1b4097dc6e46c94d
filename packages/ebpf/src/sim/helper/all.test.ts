import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { helperNames } from "../../helper/helper-id.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import { allHelpers } from "./all.ts";
import { callHelper, uncheckedKernel } from "./testing-call.ts";
import { unsimulated } from "./unsimulated.ts";

describe("the simulated kernel's helpers", () => {
  it("are all there are but those that are said not to be, and no helper is there twice", () => {
    const names = allHelpers.flatMap((group) => Object.keys(group));
    // Tail calls are made by the machine itself.
    const all = [...names, ...Object.keys(unsimulated), "tail_call"];
    assert.deepEqual(all.toSorted(), helperNames().toSorted());
  });

  it("are listed where they are not simulated", () => {
    const page = new URL("../../../../../docs/testing.md", import.meta.url);
    const rows = readFileSync(page, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const listed = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    for (const name of Object.keys(unsimulated)) assert.ok(listed.includes(name), name);
  });

  it("refuse by name what is not simulated", () => {
    for (const name of Object.keys(unsimulated) as (keyof typeof unsimulated)[]) {
      assert.throws(
        () => callHelper(uncheckedKernel(), name, [0, 0, 0, 0]),
        (error) =>
          error instanceof NotSupportedError && error.feature.startsWith(`helper bpf_${name},`),
        name,
      );
    }
  });
});
