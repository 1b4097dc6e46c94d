import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../test/node.ts";
import { complete, type LockedPackages, missingEntries } from "./lock.ts";

describe("package-lock.json", () => {
  it("has every binary package, so that npm ci takes it; if not: npm run lock", () => {
    const text = readFileSync(join(root, "package-lock.json"), "utf8");
    const { packages } = JSON.parse(text) as { packages: LockedPackages };
    assert.deepEqual(Object.keys(missingEntries(packages)), []);
  });
});

describe("missingEntries", () => {
  const check = (packages: LockedPackages, expected: LockedPackages): void =>
    assert.deepEqual(missingEntries(packages), expected);
  const lint = {
    version: "1.0.0",
    dev: true,
    optionalDependencies: { "@lint/win32-x64": "1.0.0" },
  };

  it("finds what is nowhere, and tells the platform by the name", () => {
    const entry = { version: "1.0.0", cpu: ["x64"], dev: true, optional: true, os: ["win32"] };
    check({ "node_modules/lint": lint }, { "node_modules/@lint/win32-x64": entry });
  });
  it("tells C libraries", () => {
    const optionalDependencies = { "x-linux-arm64-musl": "1.0.0" };
    const entry = {
      version: "1.0.0",
      cpu: ["arm64"],
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    };
    check(
      { "node_modules/x": { version: "1.0.0", optionalDependencies } },
      { "node_modules/x-linux-arm64-musl": entry },
    );
  });
  it("takes no word for part of another", () => {
    const optionalDependencies = { "x-openharmony-arm64": "1.0.0" };
    const found = missingEntries({ "node_modules/x": { version: "1.0.0", optionalDependencies } });
    assert.deepEqual(found["node_modules/x-openharmony-arm64"]?.cpu, ["arm64"]);
  });
  it("looks where Node looks", () => {
    const there = { version: "1.0.0" };
    check({ "node_modules/lint": lint, "node_modules/@lint/win32-x64": there }, {});
    check({ "node_modules/a/node_modules/lint": lint, "node_modules/@lint/win32-x64": there }, {});
    check(
      {
        "node_modules/a/node_modules/lint": lint,
        "node_modules/a/node_modules/@lint/win32-x64": there,
      },
      {},
    );
  });
  it("puts another version beside its dependent", () => {
    const found = missingEntries({
      "node_modules/a/node_modules/lint": lint,
      "node_modules/@lint/win32-x64": { version: "2.0.0" },
    });
    assert.deepEqual(Object.keys(found), ["node_modules/a/node_modules/@lint/win32-x64"]);
  });
  it("passes over ranges, and over what is a folder here", () => {
    check({ "node_modules/x": { version: "1.0.0", optionalDependencies: { y: "^1.0.0" } } }, {});
    check({ "packages/x": { optionalDependencies: { y: "1.0.0" } } }, {});
  });
});

describe("complete", () => {
  it("leaves nothing missing and nothing out", () => {
    const packages: LockedPackages = {
      "": {},
      "node_modules/z": { version: "1.0.0", optionalDependencies: { "a-linux": "1.0.0" } },
    };
    const completed = complete(packages);
    assert.deepEqual(Object.keys(completed), ["", "node_modules/a-linux", "node_modules/z"]);
    assert.deepEqual(missingEntries(completed), {});
  });
});
