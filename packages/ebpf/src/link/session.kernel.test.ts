import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { after, describe, it } from "node:test";
import { compileAndLoad } from "../collection/load.ts";
import { kfunc } from "../lang/builtins/kfunc.ts";
import { u64 } from "../layout/integer.ts";
import { global } from "../spec/global-spec.ts";
import { fsession } from "../spec/trampoline.ts";
import { uprobeSession } from "../spec/uprobe-multi.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { allOf, needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { compileExecutable, functionsProgram, type TestExecutable } from "./testing-executable.ts";

const kernel = openNativeKernel();

/** Functions of the kernel for sessions: they take the context since Linux 7.0, and it may be left out. */
interface SessionFunctions {
  readonly bpf_session_is_return: () => boolean;
  /** Memory that the call and the return of one session share. */
  readonly bpf_session_cookie: () => { value: bigint } | undefined;
}
const session = kfunc as unknown as SessionFunctions;

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
      const cookie = session.bpf_session_cookie();
      if (!cookie) return 0;
      if (session.bpf_session_is_return()) {
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
      const cookie = session.bpf_session_cookie();
      if (!cookie) return 0;
      if (session.bpf_session_is_return()) {
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
    for (let opened = 0; opened < 50; opened++) closeSync(openSync("/dev/null", "r"));
    tracer.detach();
    // Others may be between call and return when it is attached or detached.
    assert.ok(tracer.calls.value >= 50n && tracer.returns.value >= 50n);
    assert.equal(tracer.left.value % 7n, 0n);
    assert.ok(tracer.left.value >= 7n * 50n);
  });
});
