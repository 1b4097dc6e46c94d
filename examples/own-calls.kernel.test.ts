import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "ts-ebpf/testing";

const file = fileURLToPath(new URL("own-calls.ts", import.meta.url));

it("counts what the process does", needs("root", "bpf"), () => {
  const given = ["--conditions=@ts-ebpf/source", file];
  const output = execFileSync(process.execPath, given, { encoding: "utf8" });
  const counts = output
    .trim()
    .split("\n")
    .map((line) => Number(/: (\d+) times$/.exec(line)![1]));
  assert.ok(Math.max(...counts) >= 100, output);
});
