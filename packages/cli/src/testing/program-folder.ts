/**
 * A folder with files of programs that find the library, for tests of the commands that run them.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const library = join(import.meta.dirname, "../../../ebpf");

/** Where the files of a folder find the library. */
export interface ProgramFolderOptions {
  /** `own`: in a `node_modules` of the folder; `none`: nowhere. */
  readonly library?: "own" | "none";
}

/** A folder of its own. Disposing of it removes it. */
export class ProgramFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "ts-ebpf-programs-"));

  constructor({ library: where = "own" }: ProgramFolderOptions = {}) {
    if (where === "none") return;
    mkdirSync(join(this.path, "node_modules"));
    symlinkSync(library, join(this.path, "node_modules/ts-ebpf"));
  }

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/**
 * The source of a program that counts system calls of process `target` and tells each in a ring, with `step`, which is an
 * expression of TypeScript.
 */
export function countingSource(step = "1n", imports = ""): string {
  return `
    import { bpf, config, hashMap, rawTracepoint, ringbuf, struct, u32, u64 } from "ts-ebpf";
    ${imports}
    const Call = struct("call", { pid: u32, step: u64 });
    export const target = config("target", u32, 0);
    export const calls = ringbuf("calls", Call, 1 << 16);
    export const counts = hashMap("counts", u32, u64, 16);
    export const onCall = rawTracepoint("sys_enter", () => {
      "use bpf";
      const pid = u32(bpf.getCurrentPidTgid() >> 32n);
      if (target.value === 0 || pid !== target.value) return 0;
      const count = counts.lookup(pid);
      if (count) count.value += 1n;
      else counts.update(pid, 1n);
      const call = calls.reserve();
      if (!call) return 0;
      call.pid = pid;
      call.step = ${step};
      calls.submit(call);
      return 0;
    });
  `;
}
