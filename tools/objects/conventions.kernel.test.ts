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
import { describeCollection, describePinned, type Verdict } from "./verdict.ts";

const headers = `#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n`;
const license = `char _license[] SEC("license") = "GPL";\n`;
const pass = `SEC("xdp") int pass(struct xdp_md *ctx) { return XDP_PASS; }\n`;
const architectureHeaders = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;

function run(command: string, ...words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  assert.equal(status, 0, `${command} ${words.join(" ")}: ${stdout}${stderr}`);
}

/** Compiles `source` and hands the object to `use`. */
async function withObject<T>(
  source: string,
  options: readonly string[],
  use: (object: string) => Promise<T>,
): Promise<T> {
  const files = mkdtempSync(join(tmpdir(), "conventions-"));
  try {
    const [c, object] = [join(files, "sample.c"), join(files, "sample.o")];
    writeFileSync(c, headers + source);
    run("clang", "-O2", "-target", "bpf", architectureHeaders, ...options, "-c", c, "-o", object);
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

function loadTheirs(object: string): Verdict {
  const pins = join(mountPoints("bpf")[0]!, `conventions-${process.pid}`);
  const [programs, maps] = [join(pins, "programs"), join(pins, "maps")];
  mkdirSync(maps, { recursive: true });
  try {
    run("bpftool", "prog", "loadall", object, programs, "pinmaps", maps);
    return describePinned(openNativeKernel(), pins);
  } finally {
    rmSync(pins, { recursive: true });
  }
}

/** Holds that libbpf and we make the same of `source`; returns what. */
async function check(source: string, ...options: readonly string[]): Promise<Verdict> {
  return withObject(source, options, async (object) => {
    const ours = await loadOurs(object);
    assert.deepEqual(ours, loadTheirs(object));
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
    await withObject(source + pass + license, ["-g"], async (object) => {
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
});
