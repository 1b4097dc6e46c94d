/**
 * A project in a folder of its own that uses the library, for tests of what TypeScript makes of declarations.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../../..");
const compiler = join(root, "node_modules/.bin/tsc");

/** What the compiler said. */
export interface Check {
  /** As `file.ts:3 TS2540`, in the order of the files and lines. */
  readonly errors: readonly string[];
  readonly output: string;
  /** Seconds of processor time, of all threads. */
  readonly cpuSeconds: number;
}

/** A folder with sources that use the library. Disposing of it removes it. */
export class TypeScriptProject implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "ts-ebpf-types-"));

  constructor(options: Readonly<Record<string, unknown>> = {}) {
    mkdirSync(join(this.#folder, "node_modules"));
    symlinkSync(join(root, "node_modules/@types"), join(this.#folder, "node_modules/@types"));
    symlinkSync(join(root, "packages/ebpf"), join(this.#folder, "node_modules/ts-ebpf"));
    const compilerOptions = {
      target: "esnext",
      lib: ["es2024", "esnext.disposable", "esnext.iterator"],
      module: "nodenext",
      moduleDetection: "force",
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: [],
      customConditions: ["@ts-ebpf/source"],
      allowImportingTsExtensions: true,
      ...options,
    };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions }));
  }

  /** Path of a file. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** Type-checks all files. */
  check(): Check {
    // The shell tells what its children took, which Node does not.
    const { stdout } = spawnSync(
      "bash",
      ["-c", '"$0" --pretty false -p "$1"; times', compiler, this.#folder],
      {
        encoding: "utf8",
      },
    );
    const errors = [...stdout.matchAll(/^(?:.*\/)?([\w.-]+)\((\d+),\d+\): error (TS\d+)/gm)];
    const [, children = ""] = stdout.trimEnd().split("\n").slice(-2);
    const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
    return {
      errors: errors.map(([, file, line, code]) => `${file}:${line} ${code}`),
      output: stdout,
      cpuSeconds: times.reduce(
        (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
        0,
      ),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** What a source needs to attach functions by hook, as the library lets it. */
export const hookDeclarations = `
import type {
  be16, BtfTracepoints, HasGeneratedTypes, IteratorRecords, KernelEnums, KernelFunctionExits, KernelFunctions, KernelTypes,
  Kfuncs, LsmHooks, Pointer, ProgramContexts, TracepointRecord,
} from "ts-ebpf/types";

declare function tpBtf<N extends keyof BtfTracepoints>(name: N, code: BtfTracepoints[N]): void;
declare function lsm<N extends keyof LsmHooks>(name: N, code: LsmHooks[N]): void;
declare function iter<N extends keyof IteratorRecords>(name: N, code: (ctx: IteratorRecords[N]) => number): void;
declare function fentry<N extends keyof KernelFunctions>(name: N, code: KernelFunctions[N]): void;
declare function fexit<N extends keyof KernelFunctionExits>(name: N, code: KernelFunctionExits[N]): void;
declare function xdp(code: (ctx: ProgramContexts["xdp"]) => number): void;
declare function tc(code: (ctx: ProgramContexts["sched_cls"]) => number): void;
declare function tracepoint<E extends string>(name: E, code: (ctx: TracepointRecord<E>) => number): void;
declare const kernel: { readonly [N in keyof KernelTypes]: { next(): KernelTypes[N] | undefined } };
declare const kfunc: Kfuncs;
declare const K: KernelEnums;
declare function ntohs(value: be16): number;
declare function readString(from: Pointer<string>): string;
`;

/** Uses of the kernel that are right, whichever declarations are in use. */
export const rightUses = `
tpBtf("sched_process_exec", (task, oldPid, bprm) => {
  const command: string = task.comm;
  const parent: number = task.real_parent.tgid + oldPid;
  const cgroup: bigint = task.cgroups.dfl_cgrp.kn.id;
  const uid: number = task.cred.uid.val;
  void [command, parent, cgroup, uid, readString(bprm.filename)];
});
tpBtf("inet_sock_set_state", (sk, _old, state) => {
  if (state === K.TCP_SYN_SENT) return 0;
  return ntohs(sk.__sk_common.skc_dport) + sk.__sk_common.skc_num;
});
lsm("file_open", (file) => ((file.f_mode & 2) === 0 ? 0 : -Number(file.f_inode.i_ino)));
iter("task", (ctx) => (ctx.task ? ctx.task.pid : 0));
xdp((ctx) => (ctx.data_end - ctx.data > 64 ? K.XDP_PASS : K.XDP_DROP));
tc((ctx) => { ctx.mark = 1; ctx.cb[0] = 2; return K.BPF_OK; });
tracepoint("syscalls/sys_enter_openat", (ctx) => Number(ctx.args[1]));
tracepoint("sched/sched_wakeup", (ctx) => ctx.pid);
tracepoint("block/block_rq_issue", (ctx) => Number(ctx.sector));
const eth = kernel.ethhdr.next();
if (eth) ntohs(eth.h_proto);
const found = kfunc.bpf_task_from_pid(1);
if (found) kfunc.bpf_task_release(found);
`;

/** Uses that have to be refused, with the number of the error. */
export const wrongUses: readonly (readonly [code: string, source: string])[] = [
  ["TS2551", `tpBtf("sched_process_exec", (task) => task.real_parnt.tgid);`],
  ["TS2345", `tpBtf("sched_proces_exec", () => 0);`],
  ["TS2540", `tpBtf("sched_process_exec", (task) => { task.tgid = 5; });`],
  ["TS2540", `xdp((ctx) => (ctx.data = 1));`],
  ["TS18048", `xdp(() => { const eth = kernel.ethhdr.next(); return ntohs(eth.h_proto); });`],
  [
    "TS18048",
    `lsm("file_open", () => { const task = kfunc.bpf_task_from_pid(1); return task.pid; });`,
  ],
  ["TS2345", `ntohs(80);`],
  ["TS2345", `ntohs(kernel.iphdr.next()!.saddr);`],
  ["TS2365", `tpBtf("sched_process_exec", (task) => Number(task.start_time + 1));`],
  ["TS2345", `readString(5n);`],
  ["TS2322", `lsm("file_open", (file) => file.f_path);`],
  ["TS18048", `iter("task", (ctx) => ctx.task.pid);`],
  ["TS2345", `lsm("no_such_hook", () => 0);`],
  ["TS2339", `export const constant = K.NO_SUCH_CONSTANT;`],
];
