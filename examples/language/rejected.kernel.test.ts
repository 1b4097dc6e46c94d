import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "ts-ebpf/testing";

const usable = needs("root", "bpf", "btf", "ringbuf");

it("is shown where it was written", usable, () => {
  const file = fileURLToPath(new URL("rejected.ts", import.meta.url));
  const given = ["--conditions=@ts-ebpf/source", file];
  const output = execFileSync(process.execPath, given, { encoding: "utf8" });
  const guide = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");
  // Numbers and the kernel's own words differ from kernel to kernel.
  const [headline, ...rest] = output.trimEnd().split("\n");
  assert.match(headline!, /^language\/rejected\.ts:17:1 - error: program "onExit" was rejected at/);
  for (const line of rest) {
    if (!line.startsWith("  cause:")) assert.ok(guide.includes(`\n${line}\n`), line);
  }
});
