import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";

const leakCheck = new URL("leak-check.ts", import.meta.url).href;
const skip = process.platform === "linux" ? false : "only Linux has /proc/self/fd";

/** Runs `script` as the test runner runs a file; its exit code and what it complained about. */
function runFile(script: string): { readonly status: number | null; readonly stderr: string } {
  const options = ["--conditions=@ts-ebpf/source", `--import=${leakCheck}`, "--input-type=module"];
  const env = { ...process.env, NODE_TEST_CONTEXT: "child" };
  return spawnSync(process.execPath, [...options, "--eval", script], { env, encoding: "utf8" });
}

describe("the leak check", { skip }, () => {
  it("passes a file that closes what it opened", () => {
    const script = 'import * as fs from "node:fs"; fs.closeSync(fs.openSync("/proc/version"));';
    const { status, stderr } = runFile(script);
    assert.deepEqual([status, stderr], [0, ""]);
  });
  it("fails a file that leaves something open, and names it", () => {
    const { status, stderr } = runFile(
      'import * as fs from "node:fs"; fs.openSync("/proc/version");',
    );
    assert.equal(status, 1);
    assert.match(stderr, /still open: \/proc\/version \(\d+\)/);
  });
  it("fails a file that leaves a process running, and names it", () => {
    const { status, stderr } = runFile(
      'import { spawn } from "node:child_process"; spawn("sleep", ["100"], { detached: true, stdio: "ignore" }).unref();',
    );
    const [, pid] = /still running: sleep 100 \((\d+)\)/.exec(stderr) ?? [];
    if (pid !== undefined) process.kill(Number(pid));
    assert.notEqual(pid, undefined, stderr);
    assert.equal(status, 1);
  });
});
