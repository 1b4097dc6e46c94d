import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { needs } from "../../testing/needs.ts";
import { parseBtf } from "../btf.ts";
import { BtfWriter } from "../write/writer.ts";
import { encodeBtfExt, parseBtfExt } from "./sections.ts";

const source = `
struct task { int pid; struct { long a; long b; } at[2]; } __attribute__((preserve_access_index));
enum state { IDLE = 3 };
#define SEC(name) __attribute__((section(name), used))
__attribute__((noinline)) static long second(struct task *task) {
  return task->at[1].b;
}
SEC("socket") int first(struct task *task) {
  return second(task) + task->pid;
}
SEC("xdp") int value(void *ctx) {
  return __builtin_preserve_enum_value(*(enum state *)IDLE, 1);
}
`;

/** Sections .BTF and .BTF.ext as clang makes them of {@link source}. */
function compiled(): { readonly btf: Uint8Array; readonly ext: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), "btf-ext-"));
  try {
    writeFileSync(join(folder, "a.c"), source);
    const run = (command: string, ...args: readonly string[]): void => {
      const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
      assert.equal(status, 0, stderr);
    };
    run("clang", "-target", "bpfel", "-g", "-O2", "-c", "a.c", "-o", "a.o");
    run("llvm-objcopy", "--dump-section=.BTF=btf", "--dump-section=.BTF.ext=ext", "a.o");
    return { btf: readFileSync(join(folder, "btf")), ext: readFileSync(join(folder, "ext")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("section .BTF.ext of clang", needs("clang"), () => {
  const { btf: btfBytes, ext: extBytes } = compiled();
  const btf = parseBtf(btfBytes);
  const ext = parseBtfExt(extBytes, btf.strings);

  it("tells the functions of each section", () => {
    const names = [...ext.funcInfo].map(([section, records]) => [
      section,
      records.map(({ slot, type }) => `${slot} ${btf.typeById(type).name}`),
    ]);
    assert.deepEqual(Object.fromEntries(names), {
      ".text": ["0 second"],
      socket: ["0 first"],
      xdp: ["0 value"],
    });
  });

  it("tells lines with their text", () => {
    const [line] = ext.lineInfo.get("xdp")!;
    assert.match(line!.file, /a\.c$/);
    const found = ext.lineInfo.get(".text")!.find(({ text }) => text.includes("return"));
    assert.equal(found?.line, 6);
    assert.equal(found?.text, "  return task->at[1].b;");
  });

  it("tells what is relocated", () => {
    const relos = [...ext.coreRelos.values()].flat();
    const told = relos.map(
      ({ type, access, kind }) => `${btf.typeById(type).name} ${access} ${kind}`,
    );
    assert.deepEqual(told.toSorted(), [
      "state 0 enum-value",
      "task 0:0 field-offset",
      "task 0:1:1:1 field-offset",
    ]);
  });

  it("is read again after it was written", () => {
    const writer = new BtfWriter();
    const bytes = encodeBtfExt(ext, writer.strings);
    assert.deepEqual(parseBtfExt(bytes, parseBtf(writer.encode()).strings), ext);
  });
});
