import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Loaded, orphans } from "./loaded.ts";

const map: Loaded = { id: "map 1", label: "map 1 (hash)", keeps: [] };
const program: Loaded = { id: "prog 2", label: "prog 2 (xdp)", keeps: ["map 1"] };
const link: Loaded = { id: "link 3", label: "link 3 (xdp)", keeps: ["prog 2"] };
const all = [map, program, link];

function check(
  before: readonly Loaded[],
  held: readonly string[],
  expected: readonly Loaded[],
): void {
  assert.deepEqual(orphans(before, all, held), expected);
}

describe("orphans", () => {
  it("are all that is new when nobody holds anything", () => check([], [], all));
  it("are not what was there before", () => check(all, [], []));
  it("are not what a held link keeps, however indirectly", () => check([], ["link 3"], []));
  it("are what uses something held", () => check([], ["map 1"], [program, link]));
  it("are not affected by ids that are not loaded any more", () => check(all, ["prog 99"], []));
});
