import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";

describe("bench/sustained.ts", needs("root", "bpf", "ringbuf"), () => {
  it("makes events, reads all of them and says how many", () => {
    const script = join(import.meta.dirname, "sustained.ts");
    const args = ["--conditions=@ts-ebpf/source", script, "--quick", "--rate", "20000"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.match(stdout, /^\d+ events\/s for \d+\.\d s, 0 lost\n$/, stderr);
    assert.equal(status, 0);
  });
});
