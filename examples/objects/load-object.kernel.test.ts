import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "ts-ebpf/testing";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;

it("shows, changes and runs what clang made", needs("root", "bpf", "btf", "clang"), () => {
  const folder = mkdtempSync(join(tmpdir(), "load-object-"));
  try {
    const object = join(folder, "packets.bpf.o");
    const compile = ["-O2", "-g", "--target=bpf", "-mcpu=v3", headers, "-c", here("packets.bpf.c")];
    execFileSync("clang", [...compile, "-o", object]);
    const given = ["--conditions=@ts-ebpf/source", here("load-object.ts"), object];
    const output = execFileSync(process.execPath, given, { encoding: "utf8" });
    assert.match(output, /^count: program of type xdp$/m);
    assert.match(output, /^drop: program of type xdp, only on demand$/m);
    assert.match(output, /^seen: 3$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
