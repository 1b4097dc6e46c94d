import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "ts-ebpf/testing";

const usable = needs("root", "bpf", "btf");

it("says all that is wrong, as the guide shows it", usable, () => {
  const file = fileURLToPath(new URL("refused.ts", import.meta.url));
  const given = ["--conditions=@ts-ebpf/source", file];
  const output = execFileSync(process.execPath, given, { encoding: "utf8" });
  const guide = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");
  assert.ok(guide.includes(output.trimEnd()), output);
});
