import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openObject } from "ts-ebpf";
import { compileC } from "ts-ebpf/compiler";
import { type ObjectSpec, printObjectTypes } from "ts-ebpf/object";
import { needs } from "ts-ebpf/testing";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe("calls", needs("root", "bpf", "btf", "ringbuf", "clang"), () => {
  const folder = mkdtempSync(join(tmpdir(), "calls-"));
  const path = join(folder, "calls.bpf.o");
  before(async () => writeFileSync(path, (await compileC(here("calls.bpf.c"))).object));
  after(() => rmSync(folder, { recursive: true }));

  it("has the declarations that are written of its object", () => {
    const object = openObject(path).change({ events: { calls: "call" } });
    const { text } = printObjectTypes(object.spec as ObjectSpec, {
      name: "Calls",
      file: "calls.bpf.o",
    });
    const [header, ...declared] = readFileSync(here("calls.bpf.d.ts"), "utf8").split("\n");
    assert.match(header!, /written by "ts-ebpf types"/);
    assert.deepEqual(text.split("\n"), declared);
  });

  it("reads events, elements and variables by their types in C", () => {
    const given = ["--conditions=@ts-ebpf/source", here("calls.ts"), path];
    const output = execFileSync(process.execPath, given, { encoding: "utf8" });
    assert.equal(output.match(/^\S+ made system call \d+$/gm)?.length, 3, output);
    assert.match(output, /^all are counted$/m);
  });
});
