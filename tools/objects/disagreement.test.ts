import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { disagreementOf, hangs } from "./disagreement.ts";
import { refusal, type Verdict } from "./verdict.ts";

const map = { name: "counts", type: "hash", sizes: "4/8/10", flags: "" };
const loaded: Verdict = { refused: undefined, programs: {}, maps: { counts: map } };

describe("disagreementOf", () => {
  const check = (theirs: Verdict, ours: Verdict, expected: string | undefined): void =>
    assert.equal(disagreementOf(theirs, ours), expected);

  it("finds nothing when both load the same, or only we load, or both refuse", () => {
    check(loaded, loaded, undefined);
    check(refusal("no"), loaded, undefined);
    check(refusal("no"), refusal("no"), undefined);
  });

  it("names what is different", () => {
    check(loaded, refusal('map "a" is 12 long'), "we refuse: map … is N long");
    check(loaded, { ...loaded, maps: {} }, "map missing here");
    check({ ...loaded, maps: {} }, loaded, "map only here");
    check(
      loaded,
      { ...loaded, maps: { counts: { ...map, sizes: "4/8/11" } } },
      "maps differ in sizes",
    );
  });

  it("counts a crash also when both refuse", () => {
    check(refusal("no"), refusal("CRASH TypeError"), "CRASH TypeError");
  });

  it("counts a hang unless both hang", () => {
    check(refusal("no"), refusal("HANG longer than 5 ms"), "HANG longer than N ms");
    check(refusal(hangs), refusal("HANG longer than 5 ms"), undefined);
  });
});
