import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import * as sample from "./cachestat.ts";

const pages = 32;
const { accessed, added, dirtied, buffersDirtied } = sample;
const { onAccess, onAdd, onDirty, onBufferDirty } = sample;

/** A file system of nothing but the page cache, which is gone at the end of the scope. */
function cachedFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "ts-ebpf-pages-"));
  execFileSync("mount", ["-t", "ramfs", "ramfs", path]);
  const close = (): void => {
    execFileSync("umount", [path]);
    rmSync(path, { recursive: true });
  };
  return { path, [Symbol.dispose]: close };
}

describe("cachestat", needs("root", "bpf", "btf", "fentry", "folios"), () => {
  it("counts the pages that a process reads and writes", async () => {
    using folder = cachedFolder();
    const file = join(folder.path, "file");
    sample.targetPid.value = process.pid;
    const counters = { accessed, added, dirtied, buffersDirtied };
    await using tracer = await load({ ...counters, onAccess, onAdd, onDirty, onBufferDirty });
    tracer.attach();
    writeFileSync(file, Buffer.alloc(4096 * pages));
    const written = tracer.added.value;
    readFileSync(file);
    tracer.detach();
    assert.ok(written >= BigInt(pages), `${written} pages were added`);
    assert.ok(tracer.accessed.value >= BigInt(pages), `${tracer.accessed.value} were accessed`);
  });
});

describe("hitsAndMisses", () => {
  it("tells hits from misses", () => {
    const counts = { accessed: 100n, added: 30n, dirtied: 10n, buffersDirtied: 5n };
    assert.deepEqual(sample.hitsAndMisses(counts), { hits: 75n, misses: 20n });
    const none = { accessed: 0n, added: 0n, dirtied: 1n, buffersDirtied: 1n };
    assert.deepEqual(sample.hitsAndMisses(none), { hits: 0n, misses: 0n });
  });
});
