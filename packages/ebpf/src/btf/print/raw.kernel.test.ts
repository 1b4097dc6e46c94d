import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parseBtf } from "../btf.ts";
import { printJson } from "./json.ts";
import { printRaw } from "./raw.ts";

const vmlinux = "/sys/kernel/btf/vmlinux";
const missing = [
  ...(existsSync(vmlinux) ? [] : [vmlinux]),
  ...(spawnSync("bpftool", ["--version"]).status === 0 ? [] : ["bpftool"]),
];
const skip = missing.length === 0 ? false : `there is no ${missing.join(", no ")}`;

describe("the dump of the kernel's types", { skip }, () => {
  const bpftool = (...options: readonly string[]): string =>
    spawnSync("bpftool", [...options, "btf", "dump", "file", vmlinux], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    }).stdout;
  const btf = skip === false ? parseBtf(readFileSync(vmlinux), { path: "vmlinux" }) : undefined!;

  it("is that of bpftool, line by line", () => {
    const ours = printRaw(btf).split("\n");
    const theirs = bpftool().split("\n");
    assert.ok(theirs.length > 100_000);
    const index = theirs.findIndex((line, at) => line !== ours[at]);
    assert.equal(ours[index], theirs[index]);
    assert.equal(ours.length, theirs.length);
  });

  it("is that of bpftool as JSON, but for unsigned enums, which bpftool extends by their sign", () => {
    const types = (text: string): readonly string[] =>
      (JSON.parse(text) as { types: readonly { kind: string; encoding?: string }[] }).types
        .filter(({ kind, encoding }) => !(kind.startsWith("ENUM") && encoding === "UNSIGNED"))
        .map((type) => JSON.stringify(type));
    const ours = types(printJson(btf));
    const theirs = types(bpftool("-j"));
    assert.ok(theirs.length > 100_000);
    const index = theirs.findIndex((type, at) => type !== ours[at]);
    assert.equal(ours[index], theirs[index]);
    assert.equal(ours.length, theirs.length);
  });
});
