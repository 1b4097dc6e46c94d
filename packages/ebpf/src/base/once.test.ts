import assert from "node:assert/strict";
import { test } from "node:test";
import { once } from "./once.ts";

test("makes at the first call, and only then", () => {
  let calls = 0;
  const made = once(() => {
    calls += 1;
    return undefined;
  });
  assert.equal(calls, 0);
  assert.equal(made(), undefined);
  assert.equal(made(), undefined);
  assert.equal(calls, 1);
});

test("makes again after an error", () => {
  let calls = 0;
  const made = once(() => {
    calls += 1;
    if (calls === 1) throw new RangeError("not yet");
    return calls;
  });
  assert.throws(made, /not yet/);
  assert.equal(made(), 2);
});
