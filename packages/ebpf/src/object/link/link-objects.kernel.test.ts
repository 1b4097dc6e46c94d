/**
 * Objects of clang linked by us and by bpftool: both have to load as the same programs and maps, and do the same.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadCollection } from "../../collection/load.ts";
import { parseBtf } from "../../btf/btf.ts";
import { printRaw } from "../../btf/print/raw.ts";
import type { ElfFile } from "../../elf/elf.ts";
import { readElf } from "../../elf/read.ts";
import { findSection, readSymbols } from "../../elf/tables.ts";
import { Program } from "../../program/program.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { readObject, type ObjectSpec } from "../read/read-object.ts";
import { linkObjects } from "./link-objects.ts";

const head = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
struct task_struct { int tgid; } __attribute__((preserve_access_index));
`;
const license = `char LICENSE[] SEC("license") = "GPL";`;
const seenType = `struct {
  __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, int); __type(value, long);
}`;
const seen = `${seenType} seen SEC(".maps");`;

const main = `${head}
extern int twice(int a);
__weak __noinline int chosen(int a) { asm volatile("" : "+r"(a)); return a + 1000; }
extern ${seen}
extern int shared;
static volatile int own = 5;
static __noinline int local(int a) { asm volatile("" : "+r"(a)); return a + own; }
SEC("xdp") int first(struct xdp_md *ctx) {
  int key = 2; long *value = bpf_map_lookup_elem(&seen, &key);
  if (value) *value += 7;
  struct task_struct *task = (void *)bpf_get_current_task();
  return local(twice(3)) + chosen(100) + shared + (BPF_CORE_READ(task, tgid) < 0);
}
${license}`;

const other = `${head}
${seen}
int shared = 20000;
static volatile int own = 50;
static __noinline int local(int a) { asm volatile("" : "+r"(a)); return a * 2 + own - 50; }
__noinline int twice(int a) { asm volatile("" : "+r"(a)); return local(a); }
__noinline int chosen(int a) { asm volatile("" : "+r"(a)); return a + 300; }
static long step(long index, void *context) { *(long *)context += index; return 0; }
SEC("xdp") int second(struct xdp_md *ctx) {
  long sum = 0; bpf_loop(4, step, &sum, 0);
  int key = 2; long *value = bpf_map_lookup_elem(&seen, &key);
  return sum + local(own) + (value ? *value : 0);
}
${license}`;

/** Of `first`: 3 * 2, plus its file's own 5, the strong one's 400, and what is shared. */
const ofFirst = 6 + 5 + 400 + 20_000;
/** Of `second`: 0 + 1 + 2 + 3, its own 50 twice, and what `first` left in the map. */
const ofSecond = 6 + 100 + 7;

const kernel = openNativeKernel();

class Sources implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "link-"));

  compile(
    name: string,
    source: string,
    target = "bpf",
  ): { readonly path: string; readonly bytes: Uint8Array } {
    const path = join(this.folder, `${name}.o`);
    const file = join(this.folder, `${name}.c`);
    writeFileSync(file, source);
    const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    run("clang", "-O2", "-g", "-target", target, "-mcpu=v3", headers, "-c", file, "-o", path);
    return { path, bytes: readFileSync(path) };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

function run(command: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(command, words, { encoding: "utf8" });
  assert.equal(status, 0, `${command} ${words.join(" ")}: ${stderr}`);
}

function typesIn(file: ElfFile): string {
  return printRaw(parseBtf(findSection(file, ".BTF")!.bytes));
}

/** What the programs return when they are loaded from `spec`, one after the other. */
function results(spec: ObjectSpec): readonly (readonly [string, number])[] {
  using loaded = loadCollection(kernel, spec);
  return ["first", "second"].map((name) => {
    const program = (loaded as unknown as Readonly<Record<string, unknown>>)[name];
    assert.ok(program instanceof Program);
    return [name, program.run({ data: new Uint8Array(64) }).returnValue];
  });
}

const expected = [
  ["first", ofFirst],
  ["second", ofSecond],
];

const usable = needs("root", "bpf", "btf", "bpftool", "clang");

/** What calls back is part of the programs. */
const callbacks = needsLinux(5, 13);

describe("linkObjects", usable, () => {
  for (const order of ["main first", "main last"]) {
    it(`links what bpftool links, and it runs the same: ${order}`, callbacks, () => {
      using sources = new Sources();
      const pair = [sources.compile("main", main), sources.compile("other", other)];
      const files = order === "main first" ? pair : pair.toReversed();
      const ours = linkObjects(files);
      const path = join(sources.folder, "theirs.o");
      run("bpftool", "gen", "object", path, ...files.map((file) => file.path));
      const [linked, theirs] = [readObject(ours, "ours"), readObject(readFileSync(path), "theirs")];
      assert.deepEqual(Object.keys(linked).toSorted(), Object.keys(theirs).toSorted());
      assert.deepEqual(results(linked), expected);
      assert.deepEqual(results(theirs), expected);
    });
  }

  it("makes what bpftool loads, and links again", callbacks, () => {
    using sources = new Sources();
    const files = [sources.compile("main", main), sources.compile("other", other)];
    const path = join(sources.folder, "ours.o");
    writeFileSync(path, linkObjects(files));
    run("bpftool", "gen", "object", join(sources.folder, "again.o"), path);
    const script = 'mount -t bpf bpf "$1" && bpftool prog loadall "$0" "$1/all"';
    const pins = join(sources.folder, "pins");
    mkdirSync(pins);
    run("unshare", "--mount", "sh", "-c", script, path, pins);
    const again = linkObjects([{ path, bytes: readFileSync(path) }]);
    assert.deepEqual(again, new Uint8Array(readFileSync(path)));
    assert.deepEqual(results(readObject(again)), expected);
  });

  it("leaves out what debuggers read, and has each name and type once", () => {
    using sources = new Sources();
    const files = [sources.compile("main", main), sources.compile("other", other)];
    const file = readElf(linkObjects(files), "ours");
    const names = file.sections.map(({ name }) => name);
    assert.ok(!names.some((name) => name.startsWith(".debug")), names.join(" "));
    const globals = readSymbols(file).filter(({ binding }) => binding !== "local");
    assert.equal(new Set(globals.map(({ name }) => name)).size, globals.length);
    assert.ok(globals.every(({ section }) => section !== "undefined"));
  });

  it("links objects of the other byte order", () => {
    using sources = new Sources();
    const outline = (target: string): unknown => {
      const texts = [main, other];
      const files = texts.map((text, place) => sources.compile(`${target}${place}`, text, target));
      const file = readElf(linkObjects(files), target);
      const symbols = readSymbols(file).map(({ name, value, size }) => ({ name, value, size }));
      return { order: file.byteOrder, symbols, types: typesIn(file) };
    };
    const little = outline("bpfel") as object;
    assert.deepEqual(outline("bpfeb"), { ...little, order: "big" });
  });

  it("takes a map that is declared in another order", () => {
    using sources = new Sources();
    const declared = `${head}
      typedef unsigned key_type;
      extern struct { __type(value, DECLARED); __uint(max_entries, 4); __type(key, KEY); __uint(type, BPF_MAP_TYPE_HASH); }
        seen SEC(".maps");
      SEC("xdp") int p(void *c) { unsigned k = 0; return bpf_map_lookup_elem(&seen, &k) != 0; }`;
    const defined = `${head}
      struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, unsigned); __type(value, long); }
        seen SEC(".maps");`;
    const link = (value: string): Uint8Array => {
      const other = declared.replace("DECLARED", value).replace("KEY", "key_type");
      return linkObjects([sources.compile("left", defined), sources.compile("right", other)]);
    };
    const { seen: found } = readObject(link("long"));
    assert.ok(found?.kind === "map" && found.maxEntries === 4);
    const message = /right\.o declares "seen" as something else/;
    assert.throws(() => link("int"), { name: "InvalidArgumentError", message });
    assert.throws(() => link("long *"), { name: "InvalidArgumentError", message });
  });

  const refusals: readonly (readonly [
    name: string,
    left: string,
    right: string,
    message: RegExp,
  ])[] = [
    [
      "a name that two define",
      "int f(void) { return 1; }",
      "int f(void) { return 2; }",
      /"f" is defined twice, in .*left\.o and .*right\.o/,
    ],
    ["a map that two define", `${head}${seen}`, `${head}${seen}`, /"seen" is defined twice/],
    [
      "a map that is declared differently",
      `${head}${seen}`,
      `${head}extern ${seen.replace("max_entries, 4", "max_entries, 5")}
       SEC("xdp") int p(void *c) { int k = 0; return bpf_map_lookup_elem(&seen, &k) != 0; }`,
      /right\.o declares "seen" as something else than .*left\.o defines/,
    ],
    [
      "a function that is declared differently",
      "int f(int a) { return a; }",
      "extern int f(int a, int b); int g(void) { return f(1, 2); }",
      /right\.o declares "f" as something else/,
    ],
    [
      "two licences",
      `${head}${license}`,
      `${head}${license.replace("GPL", "MIT")}`,
      /"GPL", "MIT"/,
    ],
  ];
  for (const [name, left, right, message] of refusals) {
    it(`refuses ${name}`, () => {
      using sources = new Sources();
      const files = [sources.compile("left", left), sources.compile("right", right)];
      assert.throws(() => linkObjects(files), { name: "InvalidArgumentError", message });
    });
  }

  it("refuses two byte orders", () => {
    using sources = new Sources();
    const files = [
      sources.compile("left", "int f(void) { return 1; }"),
      sources.compile("right", "int g(void) { return 1; }", "bpfeb"),
    ];
    assert.throws(() => linkObjects(files), /left\.o is little-endian and .*right\.o big-endian/);
  });
});
