import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { benchmarks, choose, figureNames, shortNames } from "./benchmarks.ts";

function chosen(...names: string[]): string[] {
  return choose(names).flatMap(({ figures }) => figures.map(({ name }) => name));
}

describe("choose", () => {
  it("takes all for no names", () => assert.equal(choose([]).length, benchmarks.length));

  it("takes figures by name, each once", () => {
    assert.deepEqual(chosen("ring-latency"), ["ring-latency"]);
    assert.deepEqual(chosen("codegen-tcplife", "startup"), ["startup", "codegen-tcplife"]);
  });

  it("takes groups as a whole", () => {
    const names = chosen("codegen");
    assert.ok(names.includes("codegen-tcplife") && names.includes("codegen-run-xdp-firewall"));
    assert.ok(names.every((name) => name.startsWith("codegen")));
    assert.deepEqual(chosen("codegen", "codegen-tcplife"), names);
    assert.ok(chosen("compile").includes("compile-first"));
  });
});

describe("figureNames", () => {
  it("has every name once, groups too", () => {
    const names = figureNames();
    assert.equal(new Set(names).size, names.length);
    for (const name of ["codegen", "codegen-tcplife", "compile", "map-lookup"]) {
      assert.ok(names.includes(name), name);
    }
  });
});

describe("shortNames", () => {
  it("says groups instead of what is in them", () => {
    assert.ok(shortNames().includes("codegen") && shortNames().includes("startup"));
    assert.ok(!shortNames().includes("codegen-tcplife"));
  });
});
