import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { lsm } from "../spec/lsm.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { range } from "../lang/builtins/loops.ts";
import { allOf, needsLinux } from "../testing/needs-linux.ts";
import { perfEvent } from "../spec/perf-event.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { rawTracepoint, tpBtf, tracepoint } from "../spec/tracepoint.ts";
import { fentry, fexit, fmodRet } from "../spec/trampoline.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { addingCookies, cookies, counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const since = (major: number, minor: number): boolean => isAtLeast(kernel.version, [major, minor]);

/** With `cookie` for both programs, each hit adds one of their cookies. */
function check(first: ProgramSpec, second: ProgramSpec): void {
  using tracer = loadCollection(kernel, { cookies, first, second });
  tracer.attach();
  const deadline = Date.now() + 60_000;
  do {
    spawnSync("/bin/true");
    assert.ok(Date.now() < deadline, "nothing was hit");
  } while ((tracer.cookies.value & 0xffff_ffffn) === 0n || tracer.cookies.value >> 32n === 0n);
}

function refuses(spec: ProgramSpec): void {
  using tracer = loadCollection(kernel, { hits, spec });
  assert.throws(() => tracer.attach(), NotSupportedError);
}

describe("cookies", needs("root", "bpf"), () => {
  const large = 1n << 32n;

  it("tell tracepoints apart", needs("tracefs"), () => {
    const make = (cookie: bigint, code = addingCookies()): ProgramSpec =>
      tracepoint("sched/sched_process_exec", code, { cookie });
    if (since(5, 15)) check(make(1n), make(large));
    else refuses(make(1n, counting()));
  });
  it("tell raw tracepoints apart", () => {
    const make = (cookie: bigint, code = addingCookies()): ProgramSpec =>
      rawTracepoint("sched_process_exec", code, { cookie });
    if (since(6, 10)) check(make(1n), make(large));
    else refuses(make(1n, counting()));
  });
  it("tell BTF tracepoints apart", needs("btf"), () => {
    const make = (cookie: bigint, code = addingCookies()): ProgramSpec =>
      tpBtf("sched_process_exec", code, { cookie });
    if (since(6, 10)) check(make(1n), make(large));
    else refuses(make(1n, counting()));
  });
  it(
    "are read by functions that are given arguments",
    allOf(needs("btf"), needsLinux(6, 10)),
    async () => {
      const look = tpBtf(
        "sched_process_exec",
        () => {
          "use bpf";
          cookies.value = bpf.getAttachCookie();
        },
        { cookie: 0x1234_5678_9abcn },
      );
      await using tracer = await compileAndLoad(kernel, { cookies, look });
      tracer.attach();
      spawnSync("/bin/true");
      assert.equal(tracer.cookies.value, 0x1234_5678_9abcn);
    },
  );
  const asked = allOf(needs("btf"), needsLinux(5, 15));
  it("are asked for where there is a context", asked, async () => {
    const cookie = (): bigint => {
      "use bpf";
      let sum = 0n;
      for (const turn of range(40)) sum += BigInt(turn) ^ bpf.getAttachCookie();
      return sum;
    };
    const look = tpBtf("sched_process_exec", () => {
      "use bpf";
      cookies.value = cookie();
    });
    await assert.rejects(compileAndLoad(kernel, { cookies, look }), {
      name: "CompileError",
      message: /is given no context here/,
    });
  });
  const functions: Readonly<Record<string, typeof fentry>> = {
    "starts of functions": fentry,
    "returns of functions": fexit,
    "results of functions": fmodRet,
  };
  for (const [words, program] of Object.entries(functions)) {
    it(`tell ${words} apart`, needs("fentry"), () => {
      const make = (cookie: bigint, code = addingCookies()): ProgramSpec =>
        program("security_file_open", code, { cookie });
      if (since(5, 19)) check(make(1n), make(large));
      else refuses(make(1n, counting()));
    });
  }
  it("tell hooks of security modules apart", needs("lsm"), () => {
    const make = (cookie: bigint, code = addingCookies()): ProgramSpec =>
      lsm("file_open", code, { cookie });
    if (since(5, 19)) check(make(1n), make(large));
    else refuses(make(1n, counting()));
  });
  it("tell samples apart", () => {
    const make = (cookie: bigint, code = addingCookies()): ProgramSpec =>
      perfEvent(code, { event: "cpu_clock", frequencyHz: 999, cookie });
    if (since(5, 15)) check(make(1n), make(large));
    else refuses(make(1n, counting()));
  });
});
