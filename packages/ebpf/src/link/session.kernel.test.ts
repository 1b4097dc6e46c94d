import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { after, describe, it } from "node:test";
import { compileAndLoad } from "../collection/load.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { kfunc } from "../lang/builtins/kfunc.ts";
import { u32, u64 } from "../layout/integer.ts";
import { config, global } from "../spec/global-spec.ts";
import { fsession } from "../spec/trampoline.ts";
import { uprobeSession } from "../spec/uprobe-multi.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { allOf, needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { compileExecutable, functionsProgram, type TestExecutable } from "./testing-executable.ts";

const kernel = openNativeKernel();

/** Counts are of this process: those of others who count at the same time would get lost, or ours. */
const self = config("self", u32, process.pid);
const calls = global("calls", u64, 0n);
const returns = global("returns", u64, 0n);
/** What the calls left for the returns, added up. */
const left = global("left", u64, 0n);

describe("sessions in TypeScript", needs("root", "bpf", "btf"), () => {
  let made: TestExecutable | undefined;
  after(() => made?.[Symbol.dispose]());

  it("tell call and return of user space apart", needs("uprobe-session", "clang"), async () => {
    const { path } = (made ??= compileExecutable(functionsProgram));
    const look = uprobeSession({ path, symbols: ["visible"] }, () => {
      "use bpf";
      const cookie = kfunc.bpf_session_cookie();
      if (!cookie) return 0;
      if (kfunc.bpf_session_is_return()) {
        returns.value += 1n;
        left.value += cookie.value;
      } else {
        calls.value += 1n;
        cookie.value = 7n;
      }
      return 0;
    });
    await using tracer = await compileAndLoad(kernel, { calls, returns, left, look });
    tracer.attach();
    spawnSync(path, { input: "xyz" });
    const { value } = tracer.calls;
    assert.ok(value > 0n);
    assert.deepEqual([tracer.returns.value, tracer.left.value], [value, 7n * value]);
  });

  const functions = allOf(needs("fentry"), needsLinux(7, 0));
  it("tell call and return of functions of the kernel apart", functions, async () => {
    const look = fsession("security_file_open", () => {
      "use bpf";
      if (u32(bpf.getCurrentPidTgid() >> 32n) !== self.value) return 0;
      const cookie = kfunc.bpf_session_cookie();
      if (!cookie) return 0;
      if (kfunc.bpf_session_is_return()) {
        returns.value += 1n;
        left.value += cookie.value;
      } else {
        calls.value += 1n;
        cookie.value = 7n;
      }
      return 0;
    });
    await using tracer = await compileAndLoad(kernel, { self, calls, returns, left, look });
    tracer.attach();
    for (let opened = 0; opened < 50; opened++) closeSync(openSync("/dev/null", "r"));
    tracer.detach();
    const { value } = tracer.calls;
    assert.ok(value >= 50n, `${value} calls`);
    assert.deepEqual([tracer.returns.value, tracer.left.value], [value, 7n * value]);
  });
});
