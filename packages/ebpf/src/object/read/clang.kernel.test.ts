/**
 * What clang makes of C, read, written again by us, and loaded by bpftool.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { format } from "../../isa/format.ts";
import { kernelBtf } from "../../program/kernel-btf.ts";
import { mountPoints } from "../../sys/machine/mounts.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { writeObject } from "../write.ts";
import { readObject, type ObjectSpec } from "./read-object.ts";

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct mm_struct { unsigned long start_code; } __attribute__((preserve_access_index));
struct task_struct {
  int tgid;
  struct task_struct *real_parent;
  struct mm_struct *mm;
} __attribute__((preserve_access_index));

struct key { int a; char name[16]; };
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct key);
  __type(value, long);
} counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");

const volatile int factor = 3;
long total;
int initial = 4;
static volatile int hidden = 5;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

static __noinline long inner(long a) { return a * factor + hidden; }
static __noinline long outer(long a) { return inner(a) + initial; }
static long step(long index, void *ctx) { *(long *)ctx += index; return 0; }

SEC("xdp") int sum(struct xdp_md *ctx) {
  long local = 0;
  bpf_loop(4, step, &local, 0);
  total = outer(local);
  return total;
}

SEC("tp_btf/sched_process_exec") int task(__u64 *ctx) {
  struct task_struct *task = (void *)ctx[0];
  struct key key = { .a = task->real_parent->tgid };
  if (bpf_core_field_exists(task->mm)) bpf_map_lookup_elem(&counts, &key);
  bpf_printk("parent %d", key.a);
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  return 0;
}
char _license[] SEC("license") = "GPL";
`;

const kernel = openNativeKernel();

function run(command: string, ...options: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, options, { encoding: "utf8" });
  assert.equal(status, 0, `${command} ${options.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** Hands a folder for files and one for pins to `use`; removes both afterwards. */
function withFolders(use: (files: string, pins: string) => void): void {
  const files = mkdtempSync(join(tmpdir(), "clang-"));
  const pins = join(mountPoints("bpf")[0]!, `clang-${process.pid}`);
  mkdirSync(pins);
  try {
    use(files, pins);
  } finally {
    rmSync(pins, { recursive: true });
    rmSync(files, { recursive: true });
  }
}

/** Headers of this machine's architecture, which clang does not look for when it compiles for BPF. */
const architectureHeaders = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;

function compile(files: string): ObjectSpec {
  const [c, object] = [join(files, "sample.bpf.c"), join(files, "clang.o")];
  writeFileSync(c, source);
  const options = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", architectureHeaders];
  run("clang", ...options, "-c", c, "-o", object);
  return readObject(readFileSync(object), "clang.o");
}

describe("clang", needs("root", "bpf", "bpffs", "btf", "bpftool", "clang"), () => {
  it("makes objects that are read, written again and loaded", needsLinux(6, 2), () =>
    withFolders((files, pins) => {
      const spec = compile(files);
      const object = join(files, "ours.o");
      writeFileSync(object, writeObject(spec, { kernel: kernelBtf(kernel) }));
      const [programs, maps] = [join(pins, "programs"), join(pins, "maps")];
      run("bpftool", "prog", "loadall", object, programs, "pinmaps", maps);
      assert.deepEqual(readdirSync(programs).toSorted(), ["sum", "task"]);
      const packet = join(files, "packet");
      writeFileSync(packet, new Uint8Array(64));
      const sum = join(programs, "sum");
      const ran = run("bpftool", "-j", "prog", "run", "pinned", sum, "data_in", packet);
      // 0 + 1 + 2 + 3, times factor, plus hidden, plus initial.
      assert.equal((JSON.parse(ran) as { retval: number }).retval, 6 * 3 + 5 + 4);
      const dump = run("bpftool", "prog", "dump", "xlated", "pinned", join(programs, "task"));
      const { offset } = kernelBtf(kernel).member("task_struct", "tgid");
      assert.match(dump, new RegExp(`\\*\\(u32 \\*\\)\\(r\\d \\+${offset}\\)`));
    }),
  );

  it("says what depends on the kernel, by name", () =>
    withFolders((files) => {
      const { task, counts } = compile(files);
      assert.ok(task?.kind === "program" && counts?.kind === "map");
      const said = (task.relocations ?? []).map(({ core }) => {
        return "field" in core
          ? `${core.kind} ${core.field.struct}.${core.field.path.join(".")}`
          : core.kind;
      });
      assert.deepEqual(said, [
        "field-offset task_struct.real_parent",
        "field-offset task_struct.tgid",
        "field-exists task_struct.mm",
      ]);
      assert.match(format(task.instructions), /call kernel-function#bpf_rcu_read_lock/);
      assert.deepEqual(counts.flags, ["no_prealloc"]);
    }));
});
