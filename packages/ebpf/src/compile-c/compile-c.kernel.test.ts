/**
 * C compiled by the clang of this machine, and run in the kernel.
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { CompileError } from "../lang/compile-error.ts";
import { readObject } from "../object/read/read-object.ts";
import { Program } from "../program/program.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { compileCFile, type CompiledC } from "./compile-c.ts";
import { findClang } from "./find-clang.ts";

const kernel = openNativeKernel();

const head = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
char LICENSE[] SEC("license") = "GPL";
`;
const sum = `${head}
SEC("xdp") int sum(struct xdp_md *ctx) {
  struct task_struct *task = (void *)bpf_get_current_task();
  int unused;
  return BPF_CORE_READ(task, tgid) > 0 ? ADDED + 1 : 0;
}`;

/** A folder with a source and an empty cache. */
class Place implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "compile-c-"));
  readonly cache = join(this.folder, "cache");
  readonly file = join(this.folder, "x.bpf.c");
  asked = 0;

  constructor(text: string) {
    writeFileSync(this.file, text);
  }

  compile(options: { readonly clang?: string } = {}): Promise<CompiledC> {
    const btf = (): Uint8Array => {
      this.asked++;
      return kernel.readBtf("vmlinux");
    };
    return compileCFile(this.file, { btf, cache: this.cache, defines: { ADDED: 6 }, ...options });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe("compileC", needs("root", "bpf", "btf", "clang"), () => {
  it("makes an object that the kernel runs, with the kernel's types", async () => {
    using place = new Place(sum);
    const { object, warnings } = await place.compile();
    assert.deepEqual(
      warnings.map(({ file, line, message }) => ({ file, line, message })),
      [{ file: place.file, line: 8, message: "unused variable 'unused' [-Wunused-variable]" }],
    );
    using loaded = loadCollection(kernel, readObject(object));
    const program = (loaded as unknown as { readonly sum: unknown }).sum;
    assert.ok(program instanceof Program);
    assert.equal(program.run({ data: new Uint8Array(64) }).returnValue, 7);
  });

  it("prints vmlinux.h once, also when two want it at once", async () => {
    using place = new Place(sum);
    const [left, right] = await Promise.all([place.compile(), place.compile()]);
    assert.deepEqual(left.object, right.object);
    const [hash = "", ...others] = readdirSync(join(place.cache, "vmlinux"));
    assert.deepEqual(others, []);
    assert.deepEqual(readdirSync(join(place.cache, "vmlinux", hash)), ["vmlinux.h"]);
  });

  it("prefers a vmlinux.h beside the source, and asks no kernel", async () => {
    using place = new Place('#include "vmlinux.h"\nfixed answer(void) { return 1; }\n');
    writeFileSync(join(place.folder, "vmlinux.h"), "typedef int fixed;\n");
    await place.compile();
    assert.equal(place.asked, 0);
  });

  it("throws all that clang calls an error, with places and frames", async () => {
    using place = new Place("int f(void) {\n  return a;\n}\nint g(void) { return b; }\n");
    await assert.rejects(place.compile(), (error) => {
      assert.ok(error instanceof CompileError);
      assert.deepEqual(
        error.diagnostics.map(({ line, column, message }) => [line, column, message]),
        [
          [2, 10, "use of undeclared identifier 'a'"],
          [4, 22, "use of undeclared identifier 'b'"],
        ],
      );
      assert.match(error.message, /x\.bpf\.c:2:10 - error: [^]*2 \| {3}return a;\n[^]*\^/);
      return true;
    });
  });

  it("tells what the back end refuses", async () => {
    using place = new Place(`${head}
      void sink(char *);
      SEC("xdp") int big(struct xdp_md *ctx) { char all[4096]; for (int i = 0; i < 4096; i++) all[i] = ctx->data + i;
        return bpf_trace_printk(all, 4096); }`);
    await assert.rejects(place.compile(), (error) => {
      assert.ok(error instanceof CompileError);
      return /stack/i.test(error.message);
    });
  });

  it("says what to install when there is no clang", async () => {
    using place = new Place(sum);
    await assert.rejects(place.compile({ clang: join(place.folder, "clang") }), (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.match(error.hint ?? "", /apt install clang/);
      return true;
    });
  });

  it("finds the newest clang when none is called so", () => {
    using place = new Place("");
    const folders = ["one", "two"].map((name) => join(place.folder, name));
    for (const folder of folders) mkdirSync(folder);
    const [one = "", two = ""] = folders;
    symlinkSync("/bin/true", join(one, "clang-9"));
    symlinkSync("/bin/true", join(two, "clang-14"));
    writeFileSync(join(one, "clang-99"), "not executable");
    assert.equal(findClang(folders.join(":")), join(two, "clang-14"));
    assert.throws(() => findClang("/nowhere"), { name: "InvalidArgumentError" });
  });
});
