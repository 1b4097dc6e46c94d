import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "ts-ebpf/testing";

const file = fileURLToPath(new URL("first-program.ts", import.meta.url));

it("counts what the process starts", needs("root", "bpf", "btf"), () => {
  const given = ["--conditions=@ts-ebpf/source", file];
  const output = execFileSync(process.execPath, given, { encoding: "utf8" });
  const count = Number(/^started by this process: (\d+)$/m.exec(output)?.[1]);
  assert.ok(count >= 3, output);
});
