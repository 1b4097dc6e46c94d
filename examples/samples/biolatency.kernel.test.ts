import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { disk, histogram, issued, onComplete, onIssue } from "./biolatency.ts";

const blocks = 16;

/** A disk of a file, which is gone at the end of the scope. */
function loopDisk(): { readonly path: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-disk-"));
  const file = join(folder, "disk");
  writeFileSync(file, Buffer.alloc(1 << 20));
  const path = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).trim();
  const close = (): void => {
    execFileSync("losetup", ["--detach", path]);
    rmSync(folder, { recursive: true });
  };
  return { path, [Symbol.dispose]: close };
}

const hasLoopDisks = existsSync("/dev/loop-control");
const usable = hasLoopDisks ? needs("root", "bpf", "btf") : { skip: "needs loop devices" };

describe("biolatency", usable, () => {
  it("counts how long a disk took", async () => {
    using made = loopDisk();
    const { rdev } = statSync(made.path);
    disk.value = { major: rdev >> 8, minor: rdev & 0xff };
    await using tracer = await load({ issued, histogram, onIssue, onComplete });
    tracer.attach();
    // Directly, so that every block is a request of its own.
    const read = [`if=${made.path}`, "of=/dev/null", "bs=4096", `count=${blocks}`, "iflag=direct"];
    execFileSync("dd", read, { stdio: "ignore" });
    // Whoever watches disks reads the new one as well, and may be at it still.
    const deadline = Date.now() + 60_000;
    while ([...tracer.issued].length > 0) assert.ok(Date.now() < deadline, "a request is not done");
    tracer.detach();
    const counts = Array.from(tracer.histogram, ([, count]) => Number(count));
    const counted = counts.reduce((sum, count) => sum + count);
    assert.ok(counted >= blocks, `${counted} requests`);
  });
});
