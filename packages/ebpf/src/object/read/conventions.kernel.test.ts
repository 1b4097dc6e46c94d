/**
 * The conventions of C for BPF, as clang puts them into objects, and what loading makes of them.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadNamed } from "../../collection/load.ts";
import { MalformedError } from "../../base/errors.ts";
import { parseBtf } from "../../btf/btf.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";
import { kernelUnderTest } from "../../testing/kernel-under-test.ts";
import { needs } from "../../testing/needs.ts";
import { readObject, type ObjectSpec } from "./read-object.ts";

const head = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
`;
const architectureHeaders = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;

function compile(source: string, ...more: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "conventions-"));
  try {
    const [c, object] = [join(folder, "tracer.bpf.c"), join(folder, "tracer.bpf.o")];
    writeFileSync(c, head + source);
    const target = more.some((option) => option.startsWith("--target")) ? [] : ["--target=bpf"];
    const options = ["-O2", "-mcpu=v3", ...target, architectureHeaders, ...more];
    const { stderr, status } = spawnSync("clang", [...options, "-c", c, "-o", object], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    return readFileSync(object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(source: string, ...more: readonly string[]): ObjectSpec {
  return readObject(compile(source, ...more), "/somewhere/tracer_one.bpf.o");
}

function program(spec: ObjectSpec, name: string): ProgramSpec {
  const found = spec[name];
  assert.ok(found?.kind === "program", name);
  return found;
}

function map(spec: ObjectSpec, name: string): MapSpec {
  const found = spec[name];
  assert.ok(found?.kind === "map", name);
  return found;
}

describe("programs of objects", needs("clang"), () => {
  it("have several functions in one section, are optional, or of no known type", () => {
    const spec = read(
      `static __noinline int helper(int a) { return a * 3; }
       SEC("xdp") int one(struct xdp_md *c) { return helper(c->data_end - c->data) & 1; }
       SEC("xdp") int two(void *c) { return 2; }
       SEC("?xdp") int later(void *c) { return 2; }
       SEC("fsession.s/f") int session(void *c) { return 0; }
       SEC("fentri/f") int mistyped(void *c) { return 0; }`,
    );
    assert.deepEqual(Object.keys(spec).toSorted(), ["later", "mistyped", "one", "session", "two"]);
    assert.deepEqual(
      ["one", "two", "later"].map((name) => [
        program(spec, name).section,
        program(spec, name).autoload,
      ]),
      [
        ["xdp", undefined],
        ["xdp", undefined],
        ["?xdp", false],
      ],
    );
    const { expectedAttachType, target } = program(spec, "session");
    assert.deepEqual(
      [expectedAttachType, target],
      ["trace_fsession", { kind: "fsession", name: "f" }],
    );
    assert.match(
      program(spec, "mistyped").refusal ?? "",
      /section "fentri\/f" says no type.*"fentry"/,
    );
    assert.equal(program(spec, "one").license, "");
  });

  it("stand before what they call, each function followed by what it calls itself", () => {
    const spec = read(
      `static __noinline int inner(int a) { return a * 7; }
       static __noinline int first(int a) { return inner(a) ^ 1; }
       static __noinline int second(int a) { return a * 5; }
       int spare(int a) { return a; }
       __noinline int cleanup(unsigned long cookie) { return 1; }
       __attribute__((btf_decl_tag("exception_callback:cleanup")))
       SEC("xdp") int run(struct xdp_md *c) { return first(c->data) + second(c->data_end); }`,
      "-g",
    );
    assert.deepEqual(Object.keys(spec), ["run"]);
    const names = program(spec, "run").functions?.map(({ name }) => name);
    assert.deepEqual(names, ["run", "first", "inner", "second", "cleanup"]);
  });

  it("say what they want of the kernel", () => {
    const spec = read(
      `extern int CONFIG_HZ __kconfig;
       extern _Bool CONFIG_NONE __kconfig __weak;
       extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig;
       extern const void init_task __ksym;
       extern const int bpf_prog_active __ksym;
       extern void bpf_rcu_read_lock(void) __ksym __weak;
       SEC("raw_tp/sys_enter") int ask(void *c) {
         if (bpf_rcu_read_lock) bpf_rcu_read_lock();
         return CONFIG_HZ + CONFIG_NONE + CONFIG_DEFAULT_HOSTNAME[1] + (long)&init_task + (long)&bpf_prog_active;
       }`,
      "-g",
    );
    const settings = ["CONFIG_HZ", "CONFIG_NONE", "CONFIG_DEFAULT_HOSTNAME"].map((name) => {
      const found = map(spec, name);
      return "setting" in found && found.setting;
    });
    assert.deepEqual(settings, [
      { type: "int", weak: false },
      { type: "bool", weak: true },
      { type: "text", weak: false },
    ]);
    const externs = program(spec, "ask").externs?.map(({ name, kind, weak }) => [name, kind, weak]);
    assert.deepEqual(externs?.toSorted(), [
      ["bpf_prog_active", "variable", false],
      ["bpf_rcu_read_lock", "function", true],
      ["init_task", "address", false],
    ]);
  });

  it("are read, and refused, when they are for the other byte order", () => {
    const spec = read(
      `int total = 5; SEC("xdp") int f(void *c) { return total; }`,
      "--target=bpfeb",
      "-g",
    );
    assert.match(program(spec, "f").refusal ?? "", /machines with the big byte first/);
    const total = map(spec, "total");
    assert.deepEqual("initial" in total && total.initial, Uint8Array.of(0, 0, 0, 5));
  });
});

describe("types of objects, for the kernel", needs("clang"), () => {
  it("say where variables lie, and nothing is extern", () => {
    const spec = read(
      `extern int CONFIG_HZ __kconfig;
       extern const int runqueues __ksym;
       extern int bpf_dynptr_size(const void *) __ksym;
       int first; long second = 2; static volatile int third = 3;
       __hidden __noinline int mine(int a) { return a * third; }
       __noinline int shared(int a) { return a * 7; }
       SEC("xdp") int run(struct xdp_md *c) {
         return mine(c->data) + shared(first++) + second + CONFIG_HZ + (long)&runqueues + bpf_dynptr_size(c);
       }`,
      "-g",
    );
    const { fileTypes, functions = [] } = program(spec, "run");
    assert.ok(fileTypes);
    const types = parseBtf(fileTypes.writer().encode());
    const places = (name: string): readonly unknown[] => {
      const { size, variables } = types.typeByName(name, "datasec");
      return [size, ...variables.map(({ type, offset }) => [types.typeById(type).name, offset])];
    };
    assert.deepEqual(places(".data"), [12, ["second", 0], ["third", 8]]);
    assert.deepEqual(places(".bss"), [4, ["first", 0]]);
    assert.deepEqual(places(".kconfig"), [4, ["CONFIG_HZ", 0]]);
    assert.deepEqual(places(".ksyms"), [8, ["dummy_ksym", 0], ["runqueues", 4]]);
    const linkages = [...types.types()].flatMap((type) =>
      "linkage" in type ? [type.linkage] : [],
    );
    assert.ok(!linkages.includes("extern"));
    const named = functions.map(({ name, type }) => {
      const of = types.typeById(type!);
      return [name, of.name, of.kind === "func" && of.linkage];
    });
    assert.deepEqual(named, [
      ["run", "run", "global"],
      ["mine", "mine", "static"],
      ["shared", "shared", "global"],
    ]);
  });
});

describe("maps of objects", needs("clang"), () => {
  it("say pins, rings' sizes, maps in maps and programs in arrays", () => {
    const spec = read(
      `struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 3); __type(key, int); __type(value, long); };
       struct inner given SEC(".maps");
       struct {
         __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
         __uint(max_entries, 4);
         __type(key, int);
         __array(values, struct inner);
       }
         outer SEC(".maps") = { .values = { [2] = &given } };
       struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 5000); __type(value, long); } events SEC(".maps");
       struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int); } perf SEC(".maps");
       struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __uint(key_size, 4); __uint(value_size, 12);
         __uint(pinning, LIBBPF_PIN_BY_NAME); __uint(numa_node, 0); __uint(map_flags, BPF_F_NUMA_NODE);
       } a_name_of_more_than_15_characters SEC(".maps");
       SEC("xdp") int f(void *c) { return 0; }`,
      "-g",
    );
    const outer = map(spec, "outer");
    assert.deepEqual("entries" in outer && outer.entries, [{ index: 2, map: "given" }]);
    assert.equal(map(spec, "events").maxEntries, 8192);
    assert.equal(map(spec, "perf").maxEntries, 0);
    const long = map(spec, "a_name_of_more_than_15_characters");
    assert.deepEqual([long.pinning, long.numaNode, long.flags], ["by_name", 0, ["numa_node"]]);
  });

  it("are refused by name and member where they cannot be meant", () => {
    const check = (members: string, message: RegExp, ...more: readonly string[]): void =>
      assert.throws(
        () =>
          read(
            `struct { ${members} } m SEC(".maps"); SEC("xdp") int f(void *c) { return 0; }`,
            ...more,
          ),
        (error) => {
          assert.ok(error instanceof MalformedError);
          assert.match(error.message, message);
          return true;
        },
      );
    check(
      "__uint(type, 1); __uint(max_entry, 3);",
      /\.maps › m › max_entry › .*: .*max_entries/,
      "-g",
    );
    check("__uint(type, 77);", /\.maps › m › .*: there is no type 77/, "-g");
    check("__uint(type, 1); __uint(pinning, 2);", /m › pinning › .*: 2 is neither/, "-g");
    check("int type;", /m › type › .*: this is no pointer but int: say numbers with __uint/, "-g");
    check("__uint(type, 1);", /compile with -g/);
  });

  it("are structs of functions", () => {
    const spec = read(
      `struct tcp_congestion_ops___mine { int (*ssthresh)(void *); unsigned int flags; char name[16]; };
       SEC("struct_ops/ssthresh") int mine(void *c) { return 2; }
       SEC("struct_ops/ssthresh") int spare(void *c) { return 3; }
       SEC(".struct_ops.link") struct tcp_congestion_ops___mine ours = { .ssthresh = (void *)mine, .flags = 3, .name = "ours" };
       SEC("?.struct_ops") struct tcp_congestion_ops___mine optional = { .ssthresh = (void *)mine };
       SEC("?.struct_ops") struct tcp_congestion_ops___mine other = { .ssthresh = (void *)spare };`,
      "-g",
    );
    const { ours, optional } = spec;
    assert.ok(ours?.kind === "struct-ops" && optional?.kind === "struct-ops");
    assert.deepEqual(
      [ours.type, ours.registration, ours.values, optional.registration, optional.autoload],
      ["tcp_congestion_ops", "link", { flags: 3, name: "ours" }, "map_update", false],
    );
    assert.equal(ours.programs["ssthresh"], spec["mine"]);
    const target = { kind: "struct_ops", type: "tcp_congestion_ops", member: "ssthresh" };
    assert.deepEqual(program(spec, "mine").target, target);
    assert.deepEqual(
      [program(spec, "mine").autoload, program(spec, "spare").autoload],
      [true, false],
    );
  });
});

const variables = `
  int array[4] = { 1, 2, 3, 4 };
  long other = 9;
  static volatile int hidden = 6;
  const volatile int place = 1;
  char text[8] = { 0xff, 0xfe };
  long mine SEC(".data.mine") = 5;
  long total;
  SEC("raw_tp/sys_enter") int run(void *c) {
    total = array[place & 3] + hidden + other + mine;
    return total;
  }
  char _license[] SEC("license") = "GPL";`;

describe("variables of objects", needs("clang", "bpf", "root"), () => {
  it("lie where the file has them, in one map for each section", () => {
    const kernel = kernelUnderTest();
    const spec = read(variables, "-g");
    const text = map(spec, "text");
    assert.ok("layout" in text && text.layout.name === "u8[8]", "bytes that are no text stay");
    using loaded = loadNamed(kernel, spec, { pins: {} });
    const value = (name: string): unknown =>
      (loaded.maps.get(name) as unknown as { value: unknown }).value;
    const info = (name: string): readonly unknown[] => {
      const { id, name: found, valueSize } = loaded.maps.get(name)!.info();
      return [id, found, valueSize];
    };
    assert.deepEqual(["array", "other", "hidden", "mine"].map(value), [[1, 2, 3, 4], 9n, 6, 5n]);
    assert.deepEqual(info("array"), info("hidden"));
    assert.equal(info("array")[1], "tracer_o.data");
    assert.deepEqual(info("mine").slice(1), [".data.mine", 8]);
    loaded.programs.get("run")!.run({});
    assert.equal(value("total"), 2n + 6n + 9n + 5n);
  });

  it("are beside maps that have fewer entries than there are CPUs", () => {
    const spec = read(
      `struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); }
         events SEC(".maps");
       SEC("xdp") int f(void *c) { return 0; }`,
      "-g",
    );
    using loaded = loadNamed(kernelUnderTest(), spec, { pins: {} });
    assert.equal(loaded.maps.get("events")!.info().maxEntries, 1);
  });

  it("are whole sections where nothing says what is in them", () => {
    const spec = read(variables);
    const found = Object.values(spec).flatMap((each) => {
      return "within" in each ? [[each.name, each.layout.size]] : [];
    });
    assert.deepEqual(
      new Set(found.map(([name]) => name)),
      new Set(["bss", "data", "data_mine", "rodata"]),
    );
    using loaded = loadNamed(kernelUnderTest(), spec, { pins: {} });
    loaded.programs.get("run")!.run({});
    const bss = (loaded.maps.get("bss") as unknown as { value: Uint8Array }).value;
    assert.equal(bss[0], 22);
  });
});
