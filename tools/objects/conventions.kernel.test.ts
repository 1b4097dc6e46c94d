import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { readObject } from "ts-ebpf/object";
import { openNativeKernel } from "ts-ebpf/sys";
import { needs } from "ts-ebpf/testing";
import { mountPoints } from "../../packages/ebpf/src/sys/machine/mounts.ts";
import { disagreementOf } from "./disagreement.ts";
import { describeCollection, describePinned, type Verdict } from "./verdict.ts";

const headers = `#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n`;
const license = `char _license[] SEC("license") = "GPL";\n`;
const pass = `SEC("xdp") int pass(struct xdp_md *ctx) { return XDP_PASS; }\n`;
const architectureHeaders = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;

function run(command: string, ...words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  assert.equal(status, 0, `${command} ${words.join(" ")}: ${stdout}${stderr}`);
}

/** Compiles `source` and hands the object to `use`, after a change of the file when `options` has one. */
async function withObject<T>(
  source: string,
  { options, change }: HowToMake,
  use: (object: string) => Promise<T>,
): Promise<T> {
  const files = mkdtempSync(join(tmpdir(), "conventions-"));
  try {
    const [c, object] = [join(files, "sample.c"), join(files, "sample.o")];
    writeFileSync(c, headers + source);
    run("clang", "-O2", "-target", "bpf", architectureHeaders, ...options, "-c", c, "-o", object);
    change?.(object);
    return await use(object);
  } finally {
    rmSync(files, { recursive: true });
  }
}

async function loadOurs(object: string): Promise<Verdict> {
  const kernel = openNativeKernel();
  await using ours = await load(readObject(readFileSync(object), object), { kernel });
  return describeCollection(kernel, ours);
}

interface HowToMake {
  /** For the compiler. */
  readonly options: readonly string[];
  readonly change?: (object: string) => void;
}

function loadTheirs(object: string): Verdict {
  const pins = join(mountPoints("bpf")[0]!, `conventions-${process.pid}`);
  const [programs, maps] = [join(pins, "programs"), join(pins, "maps")];
  mkdirSync(maps, { recursive: true });
  try {
    run("bpftool", "prog", "loadall", object, programs, "pinmaps", maps);
    mkdirSync(programs, { recursive: true });
    return describePinned(openNativeKernel(), pins);
  } finally {
    rmSync(pins, { recursive: true });
  }
}

/** Holds that libbpf and we make the same of `source`; returns what. */
async function check(source: string, ...options: readonly string[]): Promise<Verdict> {
  return checkMade(source, { options });
}

async function checkMade(source: string, how: HowToMake): Promise<Verdict> {
  return withObject(source, how, async (object) => {
    const ours = await loadOurs(object);
    assert.equal(disagreementOf(loadTheirs(object), ours), undefined);
    return ours;
  });
}

describe("conventions of objects", needs("root", "bpf", "bpffs", "bpftool", "clang"), () => {
  it("may give ring buffers a type of value, though libbpf 1.1 is refused with it", async () => {
    const source = `struct event { int a; };
      struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 65536);
        __type(value, struct event);
      } events SEC(".maps");`;
    await withObject(source + pass + license, { options: ["-g"] }, async (object) => {
      const { maps } = await loadOurs(object);
      assert.equal(maps["events"]?.sizes, "0/0/65536");
    });
  });

  it("size perf arrays by the processors when nothing is said", async () => {
    const source = `struct {
        __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        __uint(key_size, 4);
        __uint(value_size, 4);
      } events SEC(".maps");`;
    const { maps } = await check(source + pass + license, "-g");
    assert.match(maps["events"]!.sizes, /^4\/4\/[1-9]/);
  });

  it("may say a node of memory without the flag for it, and then nobody looks at it", async () => {
    const source = (flags: string): string => `struct {
        __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(numa_node, 0);
        __uint(map_flags, ${flags}); __type(key, int); __type(value, long);
      } placed SEC(".maps");`;
    const flagsOf = async (flags: string): Promise<string | undefined> =>
      (await check(source(flags) + pass + license, "-g")).maps["placed"]?.flags;
    assert.equal(await flagsOf("BPF_F_MMAPABLE"), "mmapable");
    assert.equal(await flagsOf("BPF_F_MMAPABLE | BPF_F_NUMA_NODE"), "mmapable numa_node");
  });

  it("may have maps in maps and programs in arrays from the start, and sections of their own", async () => {
    const source = `
      struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 2); __type(key, int); __type(value, long); };
      struct inner one SEC(".maps"), two SEC(".maps");
      struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 8); __type(key, int);
               __array(values, struct inner); }
        outer SEC(".maps") = { .values = { [0] = &two, [2] = &one } };
      SEC("xdp") int pass(struct xdp_md *ctx);
      struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 3); __uint(key_size, 4);
               __array(values, int (void *)); }
        jumps SEC(".maps") = { .values = { [2] = (void *)&pass } };
      const volatile struct { char a; long b; } settings SEC(".rodata.mine") = { 1, 2 };
      long counted SEC(".data.mine") = 7; int few[3] __attribute__((aligned(64)));
      static __attribute__((noinline)) long each(void *map, int *key, long *value, int *sum) { *sum += *value; return 0; }
      static __attribute__((noinline)) int sum(int start) {
        int all = start; bpf_for_each_map_elem(&one, each, &all, 0); return all + settings.b;
      }
      __attribute__((noinline)) int add(int one) { return sum(one) * few[1]; }
      SEC("tc") int first(struct __sk_buff *ctx) { return add(3) + sum(4) + counted++; }
      SEC("xdp") int second(struct xdp_md *ctx) { bpf_tail_call(ctx, &jumps, 2); return sum(ctx->ingress_ifindex); }
    `;
    const { programs, maps } = await check(source + pass + license, "-g");
    assert.deepEqual(Object.keys(programs).toSorted(), ["first", "pass", "second"]);
    assert.equal(maps["outer"]?.type, "hash_of_maps");
    assert.equal(maps[".data.mine"]?.sizes, "4/8/1");
  });

  it("may name maps with more than 15 characters", async () => {
    const source = `struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1);
        __type(key, int);
        __type(value, long);
      } a_name_of_many_characters SEC(".maps");`;
    const { maps } = await check(source + pass + license, "-g");
    assert.equal(maps["a_name_of_many_characters"]?.name, "a_name_of_many_");
  });

  it("may put several functions into a section", async () => {
    const other = `SEC("xdp") int drop(struct xdp_md *ctx) { return XDP_DROP; }\n`;
    const { programs } = await check(pass + other + license, "-g");
    assert.deepEqual(Object.keys(programs).toSorted(), ["drop", "pass"]);
  });

  it("may lack BTF, and a licence", async () => {
    for (const options of [[], ["-g"]]) {
      const { programs } = await check(pass, ...options);
      assert.deepEqual(Object.keys(programs), ["pass"]);
    }
  });

  it("may be stripped of what only debuggers read", async () => {
    const source = `long total; static long hidden = 4;
      SEC("xdp") int add(struct xdp_md *ctx) { total += hidden++; return XDP_PASS; }\n`;
    const strip = (object: string): void => run("llvm-strip", "-g", object);
    const how = { options: ["-g"], change: strip };
    const { programs, maps } = await checkMade(source + license, how);
    assert.deepEqual(Object.keys(programs), ["add"]);
    assert.deepEqual(
      Object.values(maps).map(({ sizes }) => sizes),
      ["4/8/1", "4/8/1"],
    );
  });

  it("may put what only their own tools read into sections", async () => {
    // As xdp-tools say in which order programs run.
    const source = `struct { int (*priority)[10]; int (*XDP_PASS)[1]; } _pass SEC(".xdp_run_config");\n`;
    const { programs, maps } = await check(source + pass + license, "-g");
    assert.deepEqual([Object.keys(programs), Object.keys(maps)], [["pass"], []]);
  });

  it("may keep functions that nothing calls", async () => {
    const source = `int spare(int a) { return a + 1; }\n`;
    for (const more of ["", pass]) {
      const { programs } = await check(source + more + license, "-g");
      assert.deepEqual(Object.keys(programs), more === "" ? [] : ["pass"]);
    }
  });

  it("have functions verified each by itself, for any argument, unless they are static or hidden", async () => {
    const source = (linkage: string): string => `
      ${linkage} __attribute__((noinline)) int twice(int a) { asm volatile("" : "+r"(a)); return a + a; }
      SEC("xdp") int start(struct xdp_md *ctx) {
        return twice(3) == 6 ? XDP_PASS : twice(4) == 9 ? XDP_DROP : XDP_ABORTED;
      }\n${license}`;
    const lengths: number[] = [];
    for (const linkage of ["", "static", "__hidden"]) {
      const { programs } = await check(source(linkage), "-g");
      lengths.push(programs["start"]!.instructions);
    }
    const [known, ...unknown] = lengths.toReversed();
    assert.equal(known, unknown[0]);
    assert.ok(unknown[1]! > known!, "what a global function returns is not known");
  });

  it("may have locks in variables of sections of their own", async () => {
    const source = `
      struct bpf_spin_lock lock SEC(".data.guarded");
      long guarded SEC(".data.guarded");
      SEC("tc") int count(struct __sk_buff *skb) {
        bpf_spin_lock(&lock);
        guarded++;
        bpf_spin_unlock(&lock);
        return 0;
      }\n`;
    const { programs, maps } = await check(source + license, "-g");
    assert.deepEqual([Object.keys(programs), Object.keys(maps)], [["count"], [".data.guarded"]]);
  });
});
