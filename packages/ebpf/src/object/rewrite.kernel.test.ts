import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openObjectFile } from "../collection/open-object.ts";
import { readElf } from "../elf/read.ts";
import { findSection, readSymbols } from "../elf/tables.ts";
import type { GlobalVariable } from "../map/global-variable.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { allOf } from "../testing/needs-linux.ts";
import { needsMap } from "../testing/needs-map.ts";
import { needs } from "../testing/needs.ts";
import { readObject, type ObjectSpec } from "./read/read-object.ts";
import { writeObject } from "./write.ts";

/** What definitions of maps, settings, externs and sections of variables can say beside what every object has. */
const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct inner {
  __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
  __type(key, unsigned); __type(value, unsigned);
} held SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 3);
  __type(key, unsigned); __array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = (void *)&held } };
struct {
  __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __uint(pinning, LIBBPF_PIN_BY_NAME);
  __uint(numa_node, 0); __type(key, unsigned); __type(value, unsigned);
} pinned SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER); __uint(max_entries, 4); __uint(map_extra, 3);
  __type(value, unsigned);
} seen SEC(".maps");
struct {
  __uint(type, 33); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, 2);
  enum { far = 1ull << 44 } map_extra;
} memory SEC(".maps");
extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned CONFIG_SURELY_NOT_THERE __kconfig __weak;
extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig;
extern const void bpf_prog_put __ksym;
extern const void surely_not_there __ksym __weak;
extern void surely_no_function(void) __ksym __weak;
int apart SEC(".data.apart") = 7;
int empty SEC(".bss.apart");
static int counter = 5;
SEC("?raw_tracepoint/sys_enter") int trace(void *ctx) {
  char text[] = "a text of which no type says anything";
  bpf_trace_printk(text, sizeof(text));
  return 0;
}
SEC("xdp") int main_program(struct xdp_md *ctx) {
  unsigned key = 1;
  if (surely_no_function) surely_no_function();
  if (&surely_not_there) return 1;
  if (!((unsigned long)&bpf_prog_put >> 63)) return 2;
  if (!bpf_map_lookup_elem(&pinned, &key)) bpf_map_update_elem(&pinned, &key, &key, 0);
  void *map = bpf_map_lookup_elem(&outer, &key);
  bpf_map_push_elem(&seen, &key, 0);
  apart += empty++ + counter++;
  return CONFIG_BPF_SYSCALL == TRI_YES && map ? LINUX_KERNEL_VERSION + CONFIG_SURELY_NOT_THERE : 3;
}
char _license[] SEC("license") = "GPL";
`;

const kernel = openNativeKernel();
const folder = mkdtempSync(join(tmpdir(), "rewrite-"));

describe("objects that are read and written again", needs("root", "bpf", "btf", "clang"), () => {
  let spec: ObjectSpec;
  let written: Uint8Array;

  before(() => {
    const [c, path] = [join(folder, "sample.c"), join(folder, "sample.o")];
    writeFileSync(c, source);
    const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    const options = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", headers, "-c", c, "-o", path];
    const { status, stderr } = spawnSync("clang", options, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    spec = readObject(readFileSync(path), "sample.o");
    written = writeObject(spec, { kernel: kernelBtf(kernel) });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A spec without what is only the file's: its types, and lines of its source. */
  const comparable = (part: ObjectSpec[string] | undefined): unknown => {
    const text = JSON.stringify(part, (key, value: unknown) => {
      if (["fileTypes", "source", "functions", "local"].includes(key)) return undefined;
      return typeof value === "bigint" ? `${value}n` : value;
    });
    return JSON.parse(text);
  };

  it("say the same, and are the same bytes from then on", () => {
    const again = readObject(written, "sample.o");
    assert.deepEqual(Object.keys(again).toSorted(), Object.keys(spec).toSorted());
    for (const [name, part] of Object.entries(spec)) {
      assert.deepEqual(comparable(again[name]), comparable(part), name);
    }
    assert.deepEqual(writeObject(again, { kernel: kernelBtf(kernel) }), written);
  });

  it("have sections for variables as they had, and declare what others define", () => {
    const file = readElf(written, "sample.o");
    const [data, zeros] = [".data.apart", ".bss.apart"].map((name) => findSection(file, name)!);
    assert.deepEqual([data!.bytes.length, zeros!.type, zeros!.size], [4, "nobits", 4]);
    const undefinedSymbols = readSymbols(file).filter(({ section, name }) => {
      return section === "undefined" && name !== "";
    });
    assert.deepEqual(undefinedSymbols.map(({ name, binding }) => `${name} ${binding}`).toSorted(), [
      "CONFIG_BPF_SYSCALL global",
      "CONFIG_SURELY_NOT_THERE weak",
      "LINUX_KERNEL_VERSION global",
      "bpf_prog_put global",
      "surely_no_function weak",
      "surely_not_there weak",
    ]);
  });

  it("move variables to where they may have values when zeros were changed", () => {
    const changed = readObject(written, "sample.o");
    (changed["empty"] as GlobalSpec<unknown>).value = 9;
    const file = readElf(writeObject(changed, { kernel: kernelBtf(kernel) }), "changed.o");
    assert.equal(findSection(file, ".bss.apart"), undefined);
    assert.equal(findSection(file, ".data")!.bytes.length, 8);
  });

  it("are loaded and run", allOf(needs("bpffs"), needsMap("arena")), () => {
    const load = (bytes: Uint8Array): readonly [number, unknown] => {
      const object = openObjectFile(kernel, bytes);
      const pinFolder = mkdtempSync(join(mountPoints("bpf")[0]!, "ts-ebpf-"));
      try {
        using loaded = object.load({ pinFolder });
        const program = loaded.programs.get("main_program")!;
        const { returnValue } = program.run({ data: new Uint8Array(64) });
        const apart = loaded.maps.get("apart") as unknown as GlobalVariable<number>;
        return [returnValue, apart.value];
      } finally {
        rmSync(pinFolder, { recursive: true });
      }
    };
    const [major, minor] = kernel.version;
    const [returned, apart] = load(written);
    assert.equal(returned >> 8, major * 256 + minor);
    assert.equal(apart, 12);
    assert.deepEqual(load(readFileSync(join(folder, "sample.o"))), [returned, apart]);
  });
});
