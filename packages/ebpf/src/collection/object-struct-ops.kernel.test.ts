import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { openObjectFile, type OpenObject } from "./open-object.ts";

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct tcp_congestion_ops___new {
  unsigned (*ssthresh)(void *); void (*cong_avoid)(void *, unsigned, unsigned);
  unsigned (*undo_cwnd)(void *); void (*of_the_future)(void *); long size_of_the_future; char name[16];
};
struct no_such_ops { int (*call)(void); };
SEC("struct_ops/ssthresh") unsigned threshold(void *context) { return 2; }
SEC("struct_ops/avoid") void avoid(void *context) {}
SEC("struct_ops/undo") unsigned undo(void *context) { return 2; }
SEC("struct_ops/future") void future(void *context) {}
#define COMMON .ssthresh = (void *)threshold, .cong_avoid = (void *)avoid, .undo_cwnd = (void *)undo
SEC(".struct_ops.link") struct tcp_congestion_ops___new ours =
  { COMMON, .of_the_future = (void *)future, .name = "ours" };
SEC("?.struct_ops.link") struct tcp_congestion_ops___new other = { COMMON, .name = "other" };
SEC("?.struct_ops.link") struct tcp_congestion_ops___new wrong =
  { COMMON, .size_of_the_future = 7, .name = "wrong" };
SEC("?struct_ops/call") int call(void *context) { return 0; }
SEC("?.struct_ops.link") struct no_such_ops elsewhere = { .call = (void *)call };
char _license[] SEC("license") = "GPL";
`;

const kernel = kernelUnderTest();

describe("structs of functions of object files", needs("root", "bpf", "btf", "clang"), () => {
  let bytes: Uint8Array;

  before(() => {
    const folder = mkdtempSync(join(tmpdir(), "struct-ops-"));
    const [c, object] = [join(folder, "sample.bpf.c"), join(folder, "sample.bpf.o")];
    const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    writeFileSync(c, source);
    const words = ["-O2", "-g", "--target=bpf", headers, "-c", c, "-o", object];
    const { status, stderr } = spawnSync("clang", words, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    bytes = readFileSync(object);
    rmSync(folder, { recursive: true });
  });

  const open = (): OpenObject => openObjectFile(kernel, bytes);

  it("leave out functions that the kernel's do not have", () => {
    using loaded = open().load();
    assert.deepEqual([...loaded.structOps.keys()], ["ours"]);
    assert.deepEqual([...loaded.programs.keys()].toSorted(), ["avoid", "threshold", "undo"]);
    using link = loaded.structOps.get("ours")!.register();
    assert.equal(link.kind, "struct_ops");
  });

  it("keep the programs that others of them need", () => {
    using loaded = open()
      .change({ autoload: { other: true, ours: false } })
      .load();
    assert.deepEqual([...loaded.structOps.keys()], ["other"]);
    assert.deepEqual([...loaded.programs.keys()].toSorted(), ["avoid", "threshold", "undo"]);
  });

  it("are refused with their names when the kernel cannot have them", () => {
    const refuses = (name: string, message: RegExp, hint: RegExp): void =>
      assert.throws(
        () =>
          open()
            .change({ autoload: { [name]: true } })
            .load()
            .close(),
        (error) =>
          error instanceof InvalidArgumentError &&
          message.test(error.message) &&
          hint.test(error.hint ?? ""),
      );
    refuses("wrong", /tcp_congestion_ops has no member "size_of_the_future"/, /it has .*flags/);
    refuses(
      "elsewhere",
      /"elsewhere" is for another kernel: .*no struct of functions "no_such_ops"/,
      /tcp_congestion_ops.*autoload: \{ elsewhere: false \}/,
    );
  });
});
