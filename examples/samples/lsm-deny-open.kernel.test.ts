import assert from "node:assert/strict";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { denied, denyOpen, fileId, refusals } from "./lsm-deny-open.ts";

describe("lsm-deny-open", needs("root", "bpf", "btf", "lsm", "lsm-path"), () => {
  it("refuses to open files, and tells who tried", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-sample-"));
    using cleanup = new DisposableStack();
    cleanup.defer(() => rmSync(folder, { recursive: true }));
    const [secret, sealed, other] = ["secret", "sealed", "other"].map((name) => {
      const path = join(folder, name);
      writeFileSync(path, name);
      return path;
    });
    await using guard = await load({ denied, refusals, denyOpen });
    guard.denied.set(fileId(secret!), 0);
    guard.denied.set(fileId(sealed!), 2);
    guard.attach();
    assert.throws(() => readFileSync(secret!), { code: "EACCES" });
    assert.throws(() => openSync(sealed!, "r+"), { code: "EACCES" });
    assert.equal(readFileSync(sealed!, "utf8"), "sealed");
    assert.equal(readFileSync(other!, "utf8"), "other");
    guard.detach();
    assert.equal(readFileSync(secret!, "utf8"), "secret");

    const comm = readFileSync("/proc/self/comm", "utf8").trim();
    const seen = [...guard.refusals.drain()].map(({ pid, comm, path }) => ({ pid, comm, path }));
    const expected = [secret, sealed].map((path) => ({ pid: process.pid, comm, path }));
    assert.deepEqual(seen, expected);
  });
});
