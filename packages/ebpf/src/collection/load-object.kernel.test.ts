import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import type { OuterMap } from "../map/outer-map.ts";
import type { BpfMap } from "../map/bpf-map.ts";
import type { ArrayMap } from "../map/array-map.ts";
import type { MapSpec } from "../spec/map-spec.ts";
import { arrayMap } from "../spec/array-map.ts";
import { hashMap } from "../spec/hash-map.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { openObjectFile, type OpenObject } from "./open-object.ts";

const kernel = openNativeKernel();
const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
const head = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
`;

/** The object that clang makes of `source`. */
function compiled(source: string, target = "bpf"): OpenObject {
  const words = ["-O2", "-g", "-target", target, "-mcpu=v3", headers, "-x", "c", "-c", "-"];
  const bytes = execFileSync("clang", [...words, "-o", "-"], { input: head + source });
  return openObjectFile(kernel, new Uint8Array(bytes));
}

function refused(load: () => unknown, message: RegExp, hint: RegExp): void {
  assert.throws(load, (error) => {
    assert.ok(error instanceof InvalidArgumentError);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
    return true;
  });
}

const usable = needs("root", "bpf", "btf", "clang");

describe("a map of maps that does not say what is in it", usable, () => {
  const source = `
    struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 2);
             __type(key, __u32); __type(value, __u32); } outer SEC(".maps");
    struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 3);
             __type(key, __u32); __type(value, __u64); } like SEC(".maps");
    int total;
    SEC("xdp") int first(struct xdp_md *ctx) {
      __u32 key = 0;
      void *inner = bpf_map_lookup_elem(&outer, &key);
      __u64 *value = inner ? bpf_map_lookup_elem(inner, &key) : 0;
      return value ? *value : 0;
    }`;
  const outerOf = (maps: ReadonlyMap<string, BpfMap>) =>
    maps.get("outer") as OuterMap<number, MapSpec, ArrayMap<unknown>>;

  it("is refused", () => {
    refused(
      () => compiled(source).load(),
      /nothing says what the maps in map "outer"/,
      /inner: \{/,
    );
  });

  it("holds maps like another one of the file, or like a spec, once that is said", () => {
    for (const like of ["like", arrayMap("any", u64, 3)] as const) {
      using loaded = compiled(source)
        .change({ inner: { outer: like } })
        .load();
      using inner = outerOf(loaded.maps).create(0);
      inner.set(0, 7n);
      const { returnValue } = loaded.programs.get("first")!.run({ data: new Uint8Array(64) });
      assert.equal(returnValue, 7);
      assert.equal(inner.info().maxEntries, 3);
    }
  });

  it("takes the size that the other one was changed to", () => {
    const changes = { maxEntries: { like: 5 }, inner: { outer: "like" } };
    using loaded = compiled(source).change(changes).load();
    using inner = outerOf(loaded.maps).create(1);
    assert.equal(inner.info().maxEntries, 5);
  });

  it("is not what other maps are, nor holds what is no map", () => {
    const check = (inner: Record<string, string | MapSpec>, message: RegExp, hint: RegExp): void =>
      refused(() => compiled(source).change({ inner }), message, hint);
    check({ like: "outer" }, /no map of maps "like"/, /it is a array/);
    check({ outer: "outer" }, /cannot be like map of maps "outer"/, /map of elements/);
    check({ outer: "total" }, /cannot be like variable "total"/, /map of elements/);
    check({ outer: "lik" }, /no map or variable "lik"/, /"like"/);
    check({ ouder: hashMap("h", u32, u32, 1) }, /"ouder"/, /"outer"/);
  });
});

describe("loading an object", usable, () => {
  it("says what a program without a place needs", () => {
    const object = compiled(`SEC("freplace/subprogram") int other(void *ctx) { return 1; }`);
    refused(() => object.load(), /"other" runs in the stead of a function/, /kind: "freplace"/);
  });

  it("looks at a map's node of memory only with the flag for it, as libbpf does", () => {
    const maps = (flags: string): string => `
      struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(numa_node, 0);
               ${flags} __type(key, __u32); __type(value, __u32); } held SEC(".maps");`;
    for (const [flags, expected] of [
      ["", []],
      ["__uint(map_flags, BPF_F_NUMA_NODE);", ["numa_node"]],
    ] as const) {
      using loaded = compiled(maps(flags)).load();
      assert.deepEqual(loaded.maps.get("held")!.info().flags, expected);
    }
  });

  it("says for which machines it is, whatever is in it", () => {
    const source = `
      struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 5); } ring SEC(".maps");
      SEC("?xdp") int f(void *ctx) { return 1; }`;
    refused(() => compiled(source, "bpfeb").load(), /machines with the big byte first/, /compile/);
  });

  it("says what the kernel lacks before the verifier rejects something else", () => {
    const object = compiled(`
      extern void surely_no_function(void) __ksym;
      SEC("xdp") int bad(struct xdp_md *ctx) { return *(char *)(long)ctx->data; }
      SEC("xdp") int calls(struct xdp_md *ctx) { surely_no_function(); return 0; }`);
    refused(() => object.load(), /"calls" uses function "surely_no_function"/, /__weak/);
    const other = compiled(`
      extern const void surely_no_symbol __ksym;
      SEC("xdp") int bad(struct xdp_md *ctx) { return *(char *)(long)ctx->data; }
      SEC("xdp") int asks(struct xdp_md *ctx) { return (long)&surely_no_symbol >> 63; }`);
    refused(() => other.load(), /"asks" uses "surely_no_symbol"/, /__weak/);
  });
});
