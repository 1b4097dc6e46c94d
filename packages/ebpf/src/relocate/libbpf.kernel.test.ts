/**
 * Relocations done by libbpf and by us, instruction by instruction.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { encode } from "../isa/encode.ts";
import { readObject, type ObjectSpec } from "../object/read/read-object.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { relocateProgram, type RelocationReport } from "./core.ts";

/** Prints the relocated instructions of each program in hex, as libbpf hands them to the kernel. */
const peer = `
#include <stdio.h>
#include <bpf/libbpf.h>
static int quiet(enum libbpf_print_level level, const char *format, va_list args) { return 0; }
int main(int argc, char **argv) {
  libbpf_set_print(quiet);
  struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
  if (!object || bpf_object__load(object)) return 1;
  struct bpf_program *program;
  bpf_object__for_each_program(program, object) {
    printf("%s ", bpf_program__name(program));
    const unsigned char *bytes = (const void *)bpf_program__insns(program);
    for (size_t i = 0; i < 8 * bpf_program__insn_cnt(program); i++) printf("%02x", bytes[i]);
    puts("");
  }
  return 0;
}`;

const relocated = "__attribute__((preserve_access_index))";
const sample = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct list_head { struct list_head *next, *prev; } ${relocated};
struct sched_entity { unsigned long long vruntime; struct list_head group_node; } ${relocated};
struct task_struct { int tgid; char comm[16]; struct sched_entity se; struct task_struct *parent;
  unsigned in_execve : 1; unsigned sched_reset_on_fork : 1; } ${relocated};
struct task_struct___wrong { struct list_head *comm; } ${relocated};
struct task_struct___gone { int nothing; } ${relocated};
struct task_struct___small { unsigned start_time; int se; } ${relocated};
struct sock_common { unsigned skc_daddr; unsigned short skc_dport; } ${relocated};
struct sock { struct sock_common __sk_common; } ${relocated};
struct iphdr { unsigned char ihl : 4, version : 4; } ${relocated};
struct nothing_at_all { int a; };
union fpregs_state { int a; };
typedef struct { int counter; } atomic_t;
enum bpf_map_type___x { BPF_MAP_TYPE_RINGBUF___x = 77, BPF_MAP_TYPE_NONE___x = 78 };
enum no_enum { NO_VALUE = 1 };

#define T(i) ((struct task_struct *)(i))
#define SUM(x) sum += sum * 31 + (x)
SEC("xdp") int fields(void *ctx) {
  unsigned long sum = 0;
  SUM(bpf_core_field_offset(struct task_struct, comm[5]));
  SUM(bpf_core_field_offset(struct task_struct, se.group_node.prev));
  SUM(bpf_core_field_offset(struct sock, __sk_common.skc_dport));
  SUM(bpf_core_field_size(struct task_struct, comm));
  SUM(bpf_core_field_size(struct task_struct, se));
  SUM(bpf_core_field_size(struct iphdr, version));
  SUM(bpf_core_field_exists(struct task_struct, parent));
  SUM(bpf_core_field_exists(struct task_struct___wrong, comm));
  SUM(bpf_core_field_exists(struct task_struct___gone, nothing));
  SUM(bpf_core_field_exists(struct task_struct___small, se));
  return sum;
}
SEC("xdp") int bits(void *ctx) {
  unsigned long sum = 0;
  SUM(__CORE_RELO((struct iphdr *)0, version, BYTE_OFFSET));
  SUM(__CORE_RELO((struct iphdr *)0, version, LSHIFT_U64));
  SUM(__CORE_RELO((struct iphdr *)0, version, RSHIFT_U64));
  SUM(__CORE_RELO((struct iphdr *)0, version, SIGNED));
  SUM(__CORE_RELO(T(0), in_execve, BYTE_OFFSET));
  SUM(__CORE_RELO(T(0), in_execve, BYTE_SIZE));
  SUM(__CORE_RELO(T(0), in_execve, LSHIFT_U64));
  SUM(__CORE_RELO(T(0), sched_reset_on_fork, LSHIFT_U64));
  SUM(__CORE_RELO(T(0), tgid, SIGNED));
  return sum;
}
SEC("xdp") int types(void *ctx) {
  unsigned long sum = 0;
  SUM(bpf_core_type_exists(struct task_struct));
  SUM(bpf_core_type_exists(struct nothing_at_all));
  SUM(bpf_core_type_exists(struct fpregs_state));
  SUM(bpf_core_type_size(struct sock));
  SUM(bpf_core_type_size(struct nothing_at_all));
  SUM(bpf_core_type_size(atomic_t));
  SUM(bpf_core_type_id_kernel(struct task_struct));
  SUM(bpf_core_type_id_kernel(struct nothing_at_all));
  SUM(bpf_core_type_id_local(struct sock));
  return sum;
}
SEC("xdp") int enums(void *ctx) {
  unsigned long sum = 0;
  SUM(bpf_core_enum_value(enum bpf_map_type___x, BPF_MAP_TYPE_RINGBUF___x));
  SUM(bpf_core_enum_value_exists(enum bpf_map_type___x, BPF_MAP_TYPE_NONE___x));
  if (bpf_core_enum_value_exists(enum no_enum, NO_VALUE))
    SUM(bpf_core_enum_value(enum no_enum, NO_VALUE));
  if (bpf_core_field_exists(struct task_struct___gone, nothing))
    SUM(bpf_core_field_offset(struct task_struct___gone, nothing));
  return sum;
}
char _license[] SEC("license") = "GPL";
`.replace("bpf_core_type_exists(struct fpregs_state)", "bpf_core_type_exists(union fpregs_state)");

const kernel = openNativeKernel();
const folder = mkdtempSync(join(tmpdir(), "relocate-"));

function run(command: string, ...options: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, options, { encoding: "utf8" });
  assert.equal(status, 0, `${command} ${options.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

describe("relocateProgram", needs("root", "bpf", "btf", "clang"), () => {
  let theirs: ReadonlyMap<string, string>;
  let ours: ObjectSpec;

  before(() => {
    const at = (name: string, text = ""): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const object = at("sample.o");
    const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    const options = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", headers];
    run("clang", ...options, "-c", at("sample.bpf.c", sample), "-o", object);
    run("clang", "-O1", at("peer.c", peer), "-o", at("peer"), "-lbpf");
    const lines = run(join(folder, "peer"), object).trim().split("\n");
    theirs = new Map(lines.map((line) => line.split(" ") as [string, string]));
    ours = readObject(readFileSync(object), "sample.o");
  });
  after(() => rmSync(folder, { recursive: true }));

  const check = (name: string): readonly RelocationReport[] => {
    const spec = ours[name];
    assert.ok(spec?.kind === "program");
    const reports: RelocationReport[] = [];
    const done = relocateProgram(spec, {
      target: kernelBtf(kernel),
      report: (one) => reports.push(one),
    });
    const bytes = Buffer.from(encode(done.instructions)).toString("hex");
    const slots = (text: string): readonly string[] => text.match(/.{16}/g) ?? [];
    assert.ok(reports.length > 0);
    assert.deepEqual(
      slots(bytes),
      slots(theirs.get(name) ?? ""),
      JSON.stringify(reports, texts, 1),
    );
    return reports;
  };
  const texts = (_key: string, value: unknown): unknown =>
    typeof value === "bigint" ? String(value) : value;

  it("does as libbpf does with fields", () => void check("fields"));
  it("does as libbpf does with fields of bits", () => void check("bits"));
  it("does as libbpf does with types", () => void check("types"));
  it("does as libbpf does with enumerators, and with what is missing", () => {
    const refused = check("enums").filter((one) => one.refused !== undefined);
    assert.deepEqual(
      refused.map(({ what, kind }) => [what, kind]),
      [
        ["no_enum::NO_VALUE", "enum-value"],
        ["task_struct___gone.nothing", "field-offset"],
      ],
    );
    assert.match(refused[1]!.refused!, /vmlinux has no task_struct___gone\.nothing/);
  });
});
