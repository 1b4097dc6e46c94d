import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { importsOf } from "./imports.ts";
import { checkLayers, layers, pure } from "./layers.ts";
import { readTree, root, type TextFile } from "./tree.ts";
import { expectNone } from "./expect.ts";

const { exports } = readJson("packages/ebpf/package.json") as {
  exports: { [subpath: string]: unknown };
};
const exported = Object.keys(exports).map((subpath) => subpath.replace(/^\./, "ts-ebpf"));

describe("every file", () => {
  for (const file of readTree().filter(({ path }) => path.endsWith(".ts"))) {
    it(`imports only what it may: ${file.path}`, () => {
      expectNone(checkLayers(file, exported));
    });
  }
});

describe("checkLayers", () => {
  const check = (path: string, specifier: string, expected?: string): void => {
    const file: TextFile = { path, text: `import { x } from "${specifier}";\n` };
    const findings = checkLayers(file, ["ts-ebpf", "ts-ebpf/asm"]);
    assert.deepEqual(findings, expected === undefined ? [] : [`${path}:1 ${expected}`]);
  };
  const inside = (path: string, specifier: string, expected?: string): void =>
    check(`packages/ebpf/src/${path}`, specifier, expected);

  it("accepts the own folder and the folders of the row", () => {
    inside("btf/x.ts", "./y.ts");
    inside("btf/deep/x.ts", "../y.ts");
    inside("btf/x.ts", "../base/errors.ts");
    inside("index.ts", "./sys/native-kernel.ts");
  });
  it("rejects every other folder", () => inside("btf/x.ts", "../asm/y.ts", "reaches into asm/"));
  it("rejects folders above", () => inside("base/x.ts", "../btf/y.ts", "reaches into btf/"));
  it("rejects files directly in src", () => inside("map/x.ts", "../y.ts", "reaches up to ../y.ts"));
  it("rejects folders that have no row", () =>
    inside("news/x.ts", "../base/text.ts", "reaches into base/"));
  it("keeps the kernel out of what is handed one", () => {
    inside("collection/x.ts", "../sys/native-kernel.ts", "reaches into sys/");
    inside("map/x.ts", "../sim/x.ts", "reaches into sim/");
    inside("testing/needs.ts", "../sys/native-kernel.ts");
  });
  it("gives tests a kernel, and kernel tests everything", () => {
    inside("map/x.test.ts", "../sim/kernel.ts");
    inside("map/x.test.ts", "../collection/x.ts", "reaches into collection/");
    inside("map/x.kernel.test.ts", "../collection/x.ts");
    inside("map/x.test.ts", "fast-check");
    inside("sim/x.test.ts", "../map/x.ts");
    inside("sim/x.ts", "../map/x.ts", "reaches into map/");
  });
  it("rejects barrels inside", () => {
    inside("map/x.ts", "../kernel/index.ts", "imports a barrel from inside: ../kernel/index.ts");
    inside("index.ts", "./kernel/index.ts");
    inside("map/index.ts", "./array-map.ts");
  });
  it("rejects I/O in pure folders", () => {
    inside("asm/x.ts", "node:fs", "does I/O: imports node:fs");
    inside("sys/x.ts", "node:fs");
  });
  it("rejects dependencies", () => {
    inside("asm/x.ts", "left-pad", "depends on left-pad");
    inside("map/x.ts", "@ts-ebpf/native", "depends on @ts-ebpf/native");
    inside("sys/x.ts", "@ts-ebpf/native");
  });
  it("rejects paths out of the package", () =>
    inside(
      "sys/x.ts",
      "../../../native/src/index.ts",
      "leaves the package: ../../../native/src/index.ts",
    ));

  it("lets others use the library by its public subpaths only", () => {
    check("bench/x.ts", "ts-ebpf");
    check("bench/x.ts", "ts-ebpf/asm");
    check("bench/x.ts", "ts-ebpf/asm/label", "imports what is not exported: ts-ebpf/asm/label");
    check("bench/x.ts", "../packages/ebpf/src/index.ts", "reaches into packages/ebpf/");
    check("apps/one/x.ts", "../two/y.ts", "reaches into apps/two/");
    check("packages/cli/src/x.ts", "../../../tools/x.ts", "reaches into tools/");
    check("packages/native/src/x.ts", "ts-ebpf", "makes the bridge know eBPF");
    check("tools/gen/x.ts", "../../packages/ebpf/src/base/text.ts");
  });
});

describe("importsOf", () => {
  const check = (text: string, ...expected: readonly string[]): void =>
    assert.deepEqual(
      importsOf({ path: "x.ts", text }).map(({ specifier }) => specifier),
      expected,
    );
  it("finds imports", () =>
    check(`import "a"; import b from 'b'; import { c, d } from "c";`, "a", "b", "c"));
  it("finds types", () => check(`import type { A } from "a"; type B = import("b").B;`, "a", "b"));
  it("finds re-exports", () =>
    check(`export * from "a"; export { b, c } from "b"; export {};`, "a", "b"));
  it("finds dynamic imports", () => check(`await import("a"); await import(name);`, "a"));
  it("passes over text and comments", () => check(`const a = 'import "a"'; // import "b";`));
});

describe("the linter", () => {
  it("forbids Node's globals in the same folders as the table", () => {
    const { overrides } = readJson(".oxlintrc.json") as {
      overrides: { files: string[]; rules: object }[];
    };
    const restricted = overrides.find(({ rules }) => "no-restricted-globals" in rules);
    assert.deepEqual(restricted?.files, [`packages/ebpf/src/{${pure.join(",")}}/**`]);
  });
});

describe("the table", () => {
  it("has a row for every name", () => {
    for (const name of [...pure, ...Object.values(layers).flat()]) assert.ok(name in layers, name);
  });
  it("lets a row name only rows above it, so that there are no cycles", () => {
    const order = Object.keys(layers);
    for (const [index, folder] of order.entries()) {
      for (const name of layers[folder]!) {
        assert.ok(order.indexOf(name) < index, `${folder} may not import ${name}`);
      }
    }
  });
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
