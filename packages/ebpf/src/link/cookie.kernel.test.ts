import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { loadCollection } from "../collection/load.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { perfEvent } from "../spec/perf-event.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { rawTracepoint, tracepoint } from "../spec/tracepoint.ts";
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
  it("tell samples apart", () => {
    const make = (cookie: bigint, code = addingCookies()): ProgramSpec =>
      perfEvent(code, { event: "cpu_clock", frequencyHz: 999, cookie });
    if (since(5, 15)) check(make(1n), make(large));
    else refuses(make(1n, counting()));
  });
});
