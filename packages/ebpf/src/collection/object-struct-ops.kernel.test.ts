import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { needsLinux } from "../testing/needs-linux.ts";
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
SEC("?.struct_ops") struct no_such_ops unnamed = {};
char _license[] SEC("license") = "GPL";
`;
const sourceWithoutPrograms = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct no_such_ops { int (*call)(void); int number; };
SEC(".struct_ops.link") struct no_such_ops empty = { .number = 3 };
SEC(".struct_ops") struct no_such_ops attach = {};
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); } held SEC(".maps");
`;

const sourceIncomplete = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct tcp_congestion_ops { unsigned (*ssthresh)(void *); char name[16]; };
SEC("struct_ops/threshold") unsigned threshold(void *context) { return 2; }
SEC(".struct_ops.link") struct tcp_congestion_ops incomplete = { .ssthresh = (void *)threshold, .name = "incomplete" };
char _license[] SEC("license") = "GPL";
`;

const kernel = kernelUnderTest();

describe("structs of functions of object files", needs("root", "bpf", "btf", "clang"), () => {
  let bytes: Uint8Array;
  let bytesWithoutPrograms: Uint8Array;

  before(() => {
    bytes = compiled(source);
    bytesWithoutPrograms = compiled(sourceWithoutPrograms);
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
    refuses("unnamed", /"unnamed" is for another kernel/, /autoload: \{ unnamed: false \}/);
  });

  it("are left out, and say so, when the kernel cannot have them and nothing would be called", () => {
    const lacks = (use: () => unknown, name: string): void =>
      assert.throws(
        use,
        (error) =>
          error instanceof NotSupportedError &&
          error.message ===
            `this kernel does not support structs of functions "no_such_ops", of which "${name}" is one` &&
          /load the module.*this kernel has .*tcp_congestion_ops/.test(error.hint ?? ""),
      );
    using loaded = openObjectFile(kernel, bytesWithoutPrograms).load();
    assert.deepEqual([...loaded.maps.keys()], ["held"]);
    assert.equal(loaded.structOps.size, 0);
    assert.deepEqual([...loaded.leftOut.keys()].toSorted(), ["attach", "empty"]);
    assert.match(loaded.leftOut.get("empty") ?? "", /"no_such_ops", of which "empty" is one: load/);
    lacks(() => loaded.attach("empty"), "empty");
    lacks(() => loaded.attach(), "empty");
    lacks(() => (loaded as unknown as Record<string, unknown>)["empty"], "empty");
    assert.deepEqual(
      Object.keys(loaded).filter((name) => name === "empty" || name === "held"),
      ["held"],
    );
  });

  it("are loaded when the kernel refuses them, which registering tells", needsLinux(6, 4), () => {
    using loaded = openObjectFile(kernel, compiled(sourceIncomplete)).load();
    const struct = loaded.structOps.get("incomplete") ?? assert.fail("not there");
    assert.ok(struct.refusal instanceof SyscallError);
    assert.deepEqual([...loaded.programs.keys()], ["threshold"]);
    for (const register of [() => struct.register(), () => loaded.attach()]) {
      assert.throws(register, /cannot update an element of map "incomplete"/);
    }
    assert.equal(loaded.links.size, 0);
  });

  it("are named where a program is in none of them", () => {
    const lonely = sourceIncomplete.replace(/SEC\("\.struct_ops\.link"\).*/, "");
    assert.throws(
      () => openObjectFile(kernel, compiled(lonely)).load().close(),
      (error) =>
        error instanceof InvalidArgumentError &&
        error.message === 'program "threshold" cannot be loaded: no struct of functions holds it' &&
        /\.struct_ops/.test(error.hint ?? ""),
    );
  });

  it("tell of nothing left out where the kernel has them", needsLinux(6, 4), () => {
    using loaded = open().load();
    assert.equal(loaded.leftOut.size, 0);
  });

  it("are refused although nothing would be called when somebody asks for them, and hide no members", () => {
    const open = openObjectFile(kernel, bytesWithoutPrograms);
    using other = open.load();
    assert.equal(typeof other.attach, "function");
    open.change({ autoload: { empty: true } });
    assert.throws(() => open.load().close(), InvalidArgumentError);
  });
});

function compiled(c: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "struct-ops-"));
  try {
    const [file, object] = [join(folder, "sample.bpf.c"), join(folder, "sample.bpf.o")];
    const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    writeFileSync(file, c);
    const words = ["-O2", "-g", "--target=bpf", headers, "-c", file, "-o", object];
    const { status, stderr } = spawnSync("clang", words, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return readFileSync(object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
