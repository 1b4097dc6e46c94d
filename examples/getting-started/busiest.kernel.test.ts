import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "ts-ebpf/testing";

const file = fileURLToPath(new URL("busiest.ts", import.meta.url));

it("tells who made most system calls", needs("root", "bpf"), () => {
  const given = ["--conditions=@ts-ebpf/source", file];
  const output = execFileSync(process.execPath, given, { encoding: "utf8" });
  const counts = output
    .trim()
    .split("\n")
    .map((line) => Number(/^process \d+: (\d+) calls$/.exec(line)![1]));
  assert.ok(counts.length > 0 && counts.length <= 5, output);
  assert.deepEqual(
    counts,
    counts.toSorted((one, other) => other - one),
  );
});
