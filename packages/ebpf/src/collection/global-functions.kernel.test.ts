import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Btf, parseBtf } from "../btf/btf.ts";
import { describeType } from "../btf/describe.ts";
import type { RecordTable } from "../btf/ext/records.ts";
import { signatureOf } from "../btf/signature.ts";
import type { BtfTypeId } from "../btf/type.ts";
import type { BtfLoad, Command, ProgLoad } from "../kernel/commands.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs, type NeedsOptions } from "../testing/needs.ts";
import { allOf, needsLinux } from "../testing/needs-linux.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { openObjectFile, type OpenObject } from "./open-object.ts";

const head = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define tagged(word) __attribute__((btf_decl_tag(word)))
#define global __attribute__((noinline))
struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int);
} events SEC(".maps");
char _license[] SEC("license") = "GPL";
`;
/** One function for programs of several types, and one for one of them. */
const contexts = `${head}
global int stamped(void *ctx tagged("arg:ctx"), int number) {
  int key = number;
  return bpf_get_prandom_u32() % 2 + bpf_perf_event_output(ctx, &events, 0, &key, sizeof(key));
}
global int words(unsigned long long *ctx tagged("arg:ctx")) { return ctx[0] != 0; }
SEC("xdp") int packet(struct xdp_md *ctx) { return stamped(ctx, 1) ? 2 : 1; }
SEC("tc") int frame(struct __sk_buff *ctx) { return stamped(ctx, 2); }
SEC("raw_tp/sys_enter") int entered(void *ctx) { return stamped(ctx, 3) + words(ctx); }`;
const tags = `${head}
struct task_struct { int pid; } __attribute__((preserve_access_index));
global int next(int *number tagged("arg:nonnull")) { return *number + 1; }
global int pid_of(struct task_struct *task tagged("arg:trusted")) { return task->pid; }
global int pid_or(struct task_struct *task tagged("arg:trusted") tagged("arg:nullable")) { return task ? task->pid : 0; }
SEC("xdp") int packet(struct xdp_md *ctx) { int number = 3; return next(&number) ? 2 : 1; }
SEC("?tp_btf/sched_process_exec") int traced(unsigned long long *ctx) {
  struct task_struct *task = (void *)ctx[0];
  return pid_of(task) + pid_or(task) + pid_or(0);
}
SEC("?xdp") int wrong(struct xdp_md *ctx) { return next((void *)(long)bpf_get_prandom_u32()); }`;

const kernel = openNativeKernel();
const version = spawnSync("clang", ["--version"], { encoding: "utf8" }).stdout ?? "";
/** Tags of parameters are known to clang since 14. */
const isOld = Number(/version (\d+)/.exec(version)?.[1] ?? 0) < 14;
const knowsTags: NeedsOptions = { skip: isOld && "this clang is older than version 14" };

describe("global functions of object files", needs("root", "bpf", "btf", "clang"), () => {
  it("are handed the context", knowsTags, () => {
    using collection = openObjectFile(kernel, compiled(contexts)).load();
    assert.deepEqual([...collection.programs.keys()].toSorted(), ["entered", "frame", "packet"]);
  });

  it("say what the context is to kernels that do not know its tag", knowsTags, () => {
    const { programs } = loadedAs([6, 7, 0]);
    assert.deepEqual(programs.get("packet"), ["struct xdp_md *", "struct xdp_md *, int"]);
    assert.deepEqual(programs.get("frame"), ["struct __sk_buff *", "struct __sk_buff *, int"]);
    assert.deepEqual(programs.get("entered")?.toSorted(), [
      "struct bpf_raw_tracepoint_args *",
      "struct bpf_raw_tracepoint_args *, int",
      "void *",
    ]);
  });

  it("load the types of a file once, whatever is added to them", knowsTags, () => {
    assert.equal(loadedAs([6, 7, 0]).btfs, 1);
  });

  const newer = allOf(knowsTags, needsLinux(6, 8));
  it("keep their types where the kernel knows the tag", newer, () => {
    const { programs } = loadedAs([6, 8, 0]);
    assert.deepEqual(programs.get("packet"), ["struct xdp_md *", "void *, int"]);
  });

  it("say by tags what else they are given", allOf(knowsTags, needsLinux(6, 9)), () => {
    const open = (): OpenObject => openObjectFile(kernel, compiled(tags));
    using collection = open()
      .change({ autoload: { traced: true } })
      .load();
    assert.deepEqual([...collection.programs.keys()].toSorted(), ["packet", "traced"]);
    const wrong = open().change({ autoload: { wrong: true } });
    assert.throws(() => wrong.load().close(), VerifierError);
  });
});

/** What functions take, by the programs that they are in, as a kernel of this version is told; and how often it gets types. */
interface Told {
  readonly programs: ReadonlyMap<string, readonly string[]>;
  readonly btfs: number;
}

/** Loads the programs into this kernel, which says that it is of another version. */
function loadedAs(pretended: KernelVersion): Told {
  const loads: ProgLoad[] = [];
  const types = new Map<Handle, Btf>();
  const bpf = (command: Command, attributes: never): unknown => {
    const given: unknown = kernel.bpf(command, attributes);
    if (command === "btfLoad") types.set(given as Handle, parseBtf((attributes as BtfLoad).btf));
    if (command === "progLoad") loads.push(attributes);
    return given;
  };
  const other = new Proxy<Kernel>(kernel, {
    get: (_target, name) => {
      if (name === "bpf") return bpf;
      if (name === "version") return pretended;
      const value: unknown = Reflect.get(kernel, name);
      return typeof value === "function" ? value.bind(kernel) : value;
    },
  });
  openObjectFile(other, compiled(contexts)).load().close();
  const programs = loads.map(({ progName, progBtf, funcInfo }) => {
    return [progName!, functionsIn(types.get(progBtf!)!, funcInfo!)] as const;
  });
  return { programs: new Map(programs), btfs: types.size };
}

/** What each function of a program takes. */
function functionsIn(btf: Btf, { bytes, recordSize }: RecordTable): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ids = Array.from({ length: bytes.length / recordSize }, (_, index) =>
    view.getUint32(index * recordSize + 4, true),
  );
  return ids.map((id) => {
    const { parameters } = signatureOf(btf, id as BtfTypeId);
    return parameters.map(({ type }) => describeType(btf, type)).join(", ");
  });
}

function compiled(c: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "global-functions-"));
  try {
    const [file, object] = [join(folder, "sample.bpf.c"), join(folder, "sample.bpf.o")];
    const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    writeFileSync(file, c);
    const words = ["-O2", "-g", "--target=bpf", "-mcpu=v3", headers, "-c", file, "-o", object];
    const { status, stderr } = spawnSync("clang", words, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return readFileSync(object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
