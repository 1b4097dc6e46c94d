import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { format } from "../isa/format.ts";
import { parse } from "../isa/parse.ts";
import { u32, u64 } from "../layout/integer.ts";
import { global, globalSpec } from "./global-spec.ts";
import type { GlobalSpec } from "./map-spec.ts";
import { programSpec } from "./program-spec.ts";
import { inSections, sectionMaps } from "./section-maps.ts";

const within = { section: ".data", size: 24, map: "x.data" } as const;
const first: GlobalSpec<number> = globalSpec("global", {
  name: "first",
  layout: u32,
  initial: 7,
  within: { ...within, offset: 4 },
});
const second: GlobalSpec<bigint> = globalSpec("global", {
  name: "second",
  layout: u64,
  initial: 9n,
  within: { ...within, offset: 16 },
});
const alone = global("alone", u32, 1);

describe("sectionMaps", () => {
  it("is one map for each section, with the values that variables have now", () => {
    first.value = 8;
    const maps = sectionMaps([first, alone, second]);
    assert.deepEqual([...maps.keys()], [".data"]);
    const map = maps.get(".data")!;
    assert.deepEqual([map.name, map.layout.size, map.variable], ["x.data", 24, "global"]);
    const bytes = new Uint8Array(24);
    bytes[4] = 8;
    bytes[16] = 9;
    assert.deepEqual(map.value, bytes);
  });
});

describe("inSections", () => {
  it("counts addresses from the start of the section, also those in front of a variable", () => {
    const instructions = parse("r1 = map[second][0]-8\nr2 = map[alone][0]+2\nr0 = 0\nexit");
    const program = programSpec({ type: "xdp", target: { kind: "none" } }, instructions);
    const text = format(inSections(program, [first, second, alone]).instructions);
    assert.match(text, /r1 = map\[second\]\[0\]\+8\n.*r2 = map\[alone\]\[0\]\+2/);
    assert.equal(inSections(program, [alone]), program);
  });
});
