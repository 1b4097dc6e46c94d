import assert from "node:assert/strict";
import { it } from "node:test";
import { allOf } from "./needs-linux.ts";

it("skips where one of several needs is not met, with its reason", () => {
  assert.deepEqual(allOf(), { skip: false });
  assert.deepEqual(allOf({ skip: false }, { skip: false }), { skip: false });
  assert.deepEqual(allOf({ skip: false }, { skip: "no" }, { skip: "neither" }), { skip: "no" });
});
