import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BpfError, InvalidArgumentError } from "../base/errors.ts";
import type { Command, ProgLoad } from "../kernel/commands.ts";
import { NotFoundError } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProgramRelocation } from "../program/prepare.ts";
import { allOf, needsLinux, needsMachine } from "../testing/needs-linux.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { openObjectFile } from "./open-object.ts";

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
struct task_struct { int tgid; } __attribute__((preserve_access_index));
struct pair { unsigned a; unsigned b; };
struct {
  __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4);
  __type(key, unsigned); __type(value, struct pair);
} maps SEC(".maps");
struct inner {
  __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
  __uint(map_flags, BPF_F_NUMA_NODE); __uint(numa_node, 0);
  __type(key, unsigned); __type(value, unsigned);
} held SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 2);
  __type(key, unsigned); __array(values, struct inner);
} outer SEC(".maps") = { .values = { (void *)0, &held } };
extern const void surely_not_there __ksym __weak;
extern const void bpf_prog_put __ksym;
extern void surely_no_function(void) __ksym __weak;
const volatile int factor = 3;
int total;
extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_SURELY_NOT_THERE __kconfig __weak;
SEC("xdp") int put(struct xdp_md *ctx) {
  struct pair pair = { factor, LINUX_KERNEL_VERSION };
  unsigned key = 7;
  bpf_map_update_elem(&maps, &key, &pair, 0);
  total += factor;
  return bpf_core_field_offset(struct task_struct, tgid) + CONFIG_SURELY_NOT_THERE;
}
SEC("?xdp") int names(struct xdp_md *ctx) {
  unsigned key = 1;
  if (!bpf_map_lookup_elem(&outer, &key)) return 4;
  if (&surely_not_there) return 5;
  if (surely_no_function) surely_no_function();
  return (unsigned long)&bpf_prog_put >> 63 ? 6 : 7;
}
struct task_struct___other { int not_there; } __attribute__((preserve_access_index));
SEC("?xdp") int lacking(struct xdp_md *ctx) {
  return bpf_core_field_offset(struct task_struct___other, not_there);
}
SEC("?xdp") int calls(struct xdp_md *ctx) { surely_no_function(); return 0; }
SEC("?xdp") int later(struct xdp_md *ctx) { return 2; }
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 3); __uint(key_size, 4);
  __array(values, int (struct xdp_md *));
} ways SEC(".maps") = { .values = { [1] = (void *)&put } };
SEC("?xdp") int jumps(struct xdp_md *ctx) {
  bpf_tail_call(ctx, &ways, 1);
  return 1;
}
char _license[] SEC("license") = "GPL";
`;

const kernel = kernelUnderTest();
const folder = mkdtempSync(join(tmpdir(), "object-"));
const path = join(folder, "object.o");
const frame = { data: new Uint8Array(64) };

/** The kernel, with what programs are loaded with. */
function watched(loads: ProgLoad[]): Kernel {
  const bpf = (command: Command, attributes: never): unknown => {
    if (command === "progLoad") loads.push(attributes);
    return kernel.bpf(command, attributes);
  };
  return new Proxy<Kernel>(kernel, {
    get: (_target, name) => {
      if (name === "bpf") return bpf;
      const value: unknown = Reflect.get(kernel, name);
      return typeof value === "function" ? value.bind(kernel) : value;
    },
  });
}

describe("OpenObject", needs("root", "bpf", "btf", "clang"), () => {
  before(() => {
    const c = join(folder, "object.bpf.c");
    writeFileSync(c, source);
    const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    const options = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", headers, "-c", c, "-o", path];
    const { status, stderr } = spawnSync("clang", options, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is loaded with its changes, and read through its types", () => {
    const object = openObjectFile(kernel, path);
    object.change({ maxEntries: { maps: 9 }, variables: { factor: 5 } });
    using loaded = object.load();
    const offset = loaded.programs.get("put")!.run(frame).returnValue;
    const { maps } = loaded;
    const pairs = maps.get("maps") as unknown as { get(key: number): { a: number; b: number } };
    const { a, b } = pairs.get(7);
    const [major, minor] = kernel.version;
    assert.deepEqual([a, b >> 8], [5, major * 256 + minor]);
    assert.equal((maps.get("total") as unknown as { value: number }).value, 5);
    assert.equal(maps.get("maps")!.info().maxEntries, 9);
    assert.ok(offset > 0);
  });

  it("loads what says ? only when asked, and not what is turned off", () => {
    using first = openObjectFile(kernel, path).load();
    assert.deepEqual([...first.programs.keys()], ["put"]);
    const changed = openObjectFile(kernel, path);
    changed.change({ autoload: { later: true, put: false }, programs: { ways: [] } });
    using second = changed.load();
    assert.deepEqual([...second.programs.keys()], ["later"]);
    assert.equal(second.programs.get("later")!.run(frame).returnValue, 2);
  });

  it("has what the kernel has by name, and maps that hold maps from the start", () => {
    const changed = openObjectFile(kernel, path).change({ autoload: { names: true } });
    using loaded = changed.load();
    assert.equal(loaded.programs.get("names")!.run(frame).returnValue, 6);
    assert.ok(loaded.maps.get("held")!.info().flags.includes("numa_node"));
  });

  it("has arrays that hold programs from the start, changed ones and others", () => {
    const check = (held: readonly (string | undefined)[] | undefined, returned: number): void => {
      const object = openObjectFile(kernel, path);
      object.change({ autoload: { jumps: true, later: true, put: false } });
      if (held !== undefined) object.change({ programs: { ways: held } });
      using loaded = object.load();
      assert.equal(loaded.programs.get("jumps")!.run(frame).returnValue, returned);
    };
    check([undefined, "later"], 2);
    check(["later"], 1);
    check([], 1);
    assert.throws(() => check(undefined, 0), /element 1 of "ways" is program "put", which is not/);
    assert.throws(() => check(["latter"], 0), { message: /no program "latter"/, hint: /later/ });
    const object = openObjectFile(kernel, path).change({ targets: { put: { kind: "none" } } });
    using loaded = object.load();
    assert.equal(loaded.programs.get("put")!.spec.target.kind, "none");
    assert.throws(() => object.change({ programs: { maps: [] } }), /no array of programs "maps"/);
  });

  const relocating = allOf(needsLinux(5, 17), needsMachine("relocation of its own"));
  it("is relocated by the kernel too, which finds the same", relocating, () => {
    const reports: ProgramRelocation[] = [];
    using ours = openObjectFile(kernel, path).load({ report: (one) => reports.push(one) });
    const loads: ProgLoad[] = [];
    using theirs = openObjectFile(watched(loads), path).load({ relocator: "kernel" });
    // The record as clang wrote it: 16 bytes, and types of the file.
    assert.equal(loads[0]!.coreRelos!.bytes.length, 16);
    const [left, right] = [ours, theirs].map((each) => {
      return each.programs.get("put")!.run(frame).returnValue;
    });
    assert.equal(left, right);
    assert.deepEqual(
      reports.map(({ program, what, from, to }) => [program, what, from, to]),
      [["put", "task_struct.tgid", 0, left]],
    );
  });

  it("says of what is reached and not there which it is", () => {
    const check = (name: string, text: RegExp, line: RegExp): void => {
      const object = openObjectFile(kernel, path).change({ autoload: { [name]: true } });
      assert.throws(
        () => object.load(),
        (error) => {
          assert.ok(error instanceof VerifierError);
          assert.match(error.explanation!.cause, text);
          assert.match(error.source!.text, line);
          return error.explanation!.id === "kernel-lacks";
        },
      );
    };
    check("lacking", /^vmlinux has no task_struct___other\.not_there; so/, /bpf_core_field_offset/);
    check("calls", /^this kernel has no function surely_no_function, which is/, /surely_no_func/);
  });

  it("says what is not there", () => {
    const object = openObjectFile(kernel, path);
    const refuses = (
      run: () => unknown,
      kind: abstract new (...args: never) => BpfError,
      text: RegExp,
    ) =>
      assert.throws(
        run,
        (error) => error instanceof kind && text.test(String(error.hint) + error.message),
      );
    refuses(() => object.change({ maxEntries: { mapps: 1 } }), InvalidArgumentError, /maps/);
    refuses(() => object.change({ variables: { maps: 1 } }), InvalidArgumentError, /it is a map/);
    refuses(
      () => object.change({ autoload: { total: true } }),
      InvalidArgumentError,
      /no program "total"/,
    );
    refuses(() => openObjectFile(kernel, `${path}x`), NotFoundError, /object\.ox/);
  });
});
