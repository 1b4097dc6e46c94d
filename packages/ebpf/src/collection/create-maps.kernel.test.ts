import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import type { HashMap } from "../map/hash-map.ts";
import { createMap } from "../map/create.ts";
import type { GlobalVariable } from "../map/global-variable.ts";
import { hashMap } from "../spec/hash-map.ts";
import { arrayMap } from "../spec/array-map.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { allOf } from "../testing/needs-linux.ts";
import { needsMap } from "../testing/needs-map.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import type { Collection } from "./collection.ts";
import type { MapOrigins } from "./create-maps.ts";
import { openObjectFile } from "./open-object.ts";

const pinned = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
  __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __uint(pinning, LIBBPF_PIN_BY_NAME);
  __type(key, unsigned); __type(value, unsigned long long);
} counts SEC(".maps");
unsigned long long total = 10;
SEC("xdp") int count(struct xdp_md *ctx) {
  unsigned key = 1;
  unsigned long long *value = bpf_map_lookup_elem(&counts, &key);
  total += value ? *value : 1;
  return total;
}
char _license[] SEC("license") = "GPL";
`;

/** Compilers that know of address spaces put casts in by themselves; the bytes are those of \`addr_space_cast(0, 1)\`. */
const inArena = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
  __uint(type, 33); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, 2);
} memory SEC(".maps");
struct pair { unsigned first; unsigned second; };
struct pair shared SEC(".addr_space.1") = { 5, 6 };
unsigned long long counter SEC(".addr_space.1") = 40;
SEC("tc") int bump(struct __sk_buff *ctx) {
  register unsigned long long *place asm("r1") = &counter;
  asm volatile(".byte 0xbf, 0x11; .short 1; .long 1" : "+r"(place));
  *place += 2;
  register struct pair *pair asm("r2") = &shared;
  asm volatile(".byte 0xbf, 0x22; .short 1; .long 1" : "+r"(pair));
  return pair->second;
}
char _license[] SEC("license") = "GPL";
`;

const kernel = kernelUnderTest();
const folder = mkdtempSync(join(tmpdir(), "maps-"));
const frame = { data: new Uint8Array(64) };

function compile(name: string, source: string): string {
  const path = join(folder, `${name}.o`);
  writeFileSync(join(folder, `${name}.c`), source);
  const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const options = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", headers];
  const args = [...options, "-c", join(folder, `${name}.c`), "-o", path];
  const { status, stderr } = spawnSync("clang", args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return path;
}

after(() => rmSync(folder, { recursive: true }));

describe("maps of objects", needs("root", "bpf", "btf", "bpffs", "clang"), () => {
  let object = "";
  let pinFolder = "";
  before(() => {
    object = compile("pinned", pinned);
    pinFolder = mkdtempSync(join(mountPoints("bpf")[0]!, "ts-ebpf-"));
  });
  after(() => rmSync(pinFolder, { recursive: true }));

  const load = (origins: MapOrigins): Collection => openObjectFile(kernel, object).load(origins);
  const counts = ({ maps }: Collection) => maps.get("counts") as HashMap<number, bigint>;
  const total = ({ maps }: Collection) => maps.get("total") as unknown as GlobalVariable<bigint>;

  it("are pinned by name, and found again", () => {
    {
      using first = load({ pinFolder });
      counts(first).set(1, 7n);
      assert.deepEqual(readdirSync(pinFolder), ["counts"]);
    }
    using second = load({ pinFolder });
    assert.equal(second.programs.get("count")!.run(frame).returnValue, 17);
    const larger = openObjectFile(kernel, object).change({ maxEntries: { counts: 5 } });
    assert.throws(() => larger.load({ pinFolder }), /maxEntries is 4 instead of 5/);
  });

  it("are pinned where somebody says instead, sections of variables too", () => {
    const other = join(pinFolder, "other");
    mkdirSync(other);
    const pins = { counts: join(other, "mine"), "pinned.data": join(other, "data") };
    {
      using first = load({ pinFolder, pins });
      first.programs.get("count")!.run(frame);
      assert.deepEqual(readdirSync(other).toSorted(), ["data", "mine"]);
    }
    using second = load({ pinFolder, pins });
    assert.equal(total(second).value, 11n);
  });

  it("can be replaced by open ones of another size, which stay open", () => {
    using mine = createMap(kernel, hashMap("mine", u32, u64, 9));
    mine.set(1, 30n);
    {
      using loaded = load({ pinFolder, replaceMaps: { counts: mine } });
      assert.equal(loaded.programs.get("count")!.run(frame).returnValue, 40);
      assert.equal(counts(loaded).spec.maxEntries, 9);
      assert.equal(counts(loaded).id, mine.id);
    }
    assert.equal(mine.get(1), 30n);
  });

  it("are not replaced by others, nor pinned where there are none", () => {
    using mine = createMap(kernel, arrayMap("mine", u32, 9));
    const check = (origins: MapOrigins, text: RegExp) =>
      assert.throws(
        () => load({ pinFolder, ...origins }),
        (error) =>
          error instanceof InvalidArgumentError && text.test(`${error.message} ${error.hint}`),
      );
    check({ replaceMaps: { counts: mine } }, /type is array instead of hash, valueSize is 4/);
    check({ replaceMaps: { count: mine } }, /no map "count" to replace .*"counts"/);
    check({ replaceMaps: { total: mine } }, /it is a variable, and lies in map "pinned\.data"/);
    check({ pins: { toString: "/x" } }, /no map "toString" to pin/);
    using loaded = load({ pinFolder });
    const program = loaded.programs.get("count")!;
    check({ replaceMaps: { counts: program } }, /what shall replace map "counts" is a program/);
  });
});

describe("variables in an arena", allOf(needsMap("arena"), needs("clang")), () => {
  it("are memory that programs and user space share", () => {
    const object = openObjectFile(kernel, compile("arena", inArena));
    object.change({ variables: { shared: { first: 8, second: 9 } } });
    using loaded = object.load();
    const counter = loaded.maps.get("counter") as unknown as GlobalVariable<bigint>;
    const shared = loaded.maps.get("shared") as unknown as GlobalVariable<object>;
    assert.equal(loaded.programs.get("bump")!.run(frame).returnValue, 9);
    assert.equal(counter.value, 42n);
    assert.deepEqual({ ...shared.value }, { first: 8, second: 9 });
    counter.value = 50n;
    loaded.programs.get("bump")!.run(frame);
    assert.equal(counter.value, 52n);
    assert.ok(counter.compareAndSet(52n, 1n));
    loaded.maps.get("memory")!.close();
    assert.throws(() => counter.value, ClosedError);
  });

  it("want one arena", () => {
    const source = inArena.replace("__uint(type, 33)", "__uint(type, 2)");
    const without = source.replace(
      "__uint(max_entries, 2);",
      "__uint(max_entries, 2); __type(key, int); __type(value, int);",
    );
    const object = openObjectFile(kernel, compile("without", without));
    assert.throws(() => object.load(), /variable "shared" lies in an arena, and there is no arena/);
  });
});
