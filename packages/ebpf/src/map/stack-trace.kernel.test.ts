import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { loadCollection } from "../collection/load.ts";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { NotFoundError } from "../kernel/errors.ts";
import { r0, r1 } from "../isa/register.ts";
import { loadProgram } from "../program/load.ts";
import { program } from "../spec/program.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { buildIdStackMap, stackTraceMap } from "../spec/stack-trace-map.ts";
import { rawTracepoint } from "../spec/tracepoint.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { createMap } from "./create.ts";
import { kernelSymbols, processSymbols } from "./symbols.ts";

const usable = needs("root", "bpf");
const kernel = openNativeKernel();
/** BPF_F_USER_STACK of include/uapi/linux/bpf.h. */
const userStack = 1 << 8;

describe("stacks of the kernel", usable, () => {
  it("have names, from the innermost function on", () => {
    const spec = stackTraceMap("stacks", { maxEntries: 64, depth: 40 });
    using map = createMap(kernel, spec);
    const code = assemble([call("get_stackid", r1, spec, 0), exit()]);
    using taking = loadProgram(
      kernel,
      program("raw_tracepoint", code),
      new Map([[spec.name, map.handle]]),
    );
    const id = taking.run().returnValue;
    const stack = map.get(id);
    assert.ok(stack !== undefined && stack.length > 2, `stack ${id} is empty`);
    assert.ok(stack.every((address) => address !== 0n));
    const symbols = kernelSymbols(kernel);
    const names = stack.map((address) => symbols.find(address)?.name ?? "?");
    assert.ok(
      names.some((name) => /sys_bpf/.test(name)),
      names.join(" "),
    );
    assert.deepEqual([...map.keys()], [id]);
    assert.equal(map.delete(id), true);
    assert.equal(map.get(id), undefined);
    assert.equal(map.clear(), 0);
  });
});

describe("stacks of processes", needs("root", "bpf"), () => {
  /** On each system call of this process: the stack of user space. */
  const onCall = (stacks: { readonly name: string }): ProgramSpec =>
    rawTracepoint(
      "sys_enter",
      assemble([call("get_stackid", r1, stacks, userStack), mov(r0, 0), exit()]),
    );

  it("have names of functions in files", async () => {
    const stacks = stackTraceMap("user_stacks", { maxEntries: 1 << 14, depth: 40 });
    using loaded = loadCollection(kernel, { stacks, onCall: onCall(stacks) });
    loaded.attach();
    const child = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
    try {
      // A stack that falls on the place of another one is not kept: the next call may come from elsewhere.
      for (let tries = 0; tries < 20; tries++) {
        loaded.stacks.clear();
        child.stdin.write("x");
        await once(child.stdout, "data");
        const symbols = processSymbols(kernel, child.pid!);
        // Stacks of other processes are among them, whose addresses mean nothing in this one.
        const places = [...loaded.stacks]
          .flatMap(([, stack]) => stack)
          .map((address) => symbols.find(address));
        const inLibrary = places.filter((place) => place?.origin?.includes("libc"));
        if (inLibrary.some((place) => /read|write/.test(place!.name))) return;
      }
      assert.fail("no stack leads to read or write of the C library");
    } finally {
      child.kill();
      await once(child, "close");
    }
  });

  it("are told by build id", () => {
    const stacks = buildIdStackMap("by_file", { maxEntries: 1024, depth: 20 });
    using loaded = loadCollection(kernel, { stacks, onCall: onCall(stacks) });
    loaded.attach();
    /** Of stacks that are taken now: a file is known while its beginning is in memory. */
    const known = () => {
      loaded.stacks.clear();
      process.getuid!();
      const places = [...loaded.stacks].flatMap(([, stack]) => stack);
      return places.find(({ status }) => status === 1);
    };
    const deadline = Date.now() + 60_000;
    let found = known();
    for (; found === undefined; found = known())
      assert.ok(Date.now() < deadline, "no file was known");
    const { buildId } = found;
    assert.equal(buildId.length, 20);
    assert.ok(buildId.some((byte) => byte !== 0));
  });
});

describe("symbols", () => {
  it("of a process that is not there are refused", () =>
    assert.throws(() => processSymbols(kernel, 0x3fff_ffff), NotFoundError));
  it("are not found outside of files", () =>
    assert.equal(processSymbols(kernel, process.pid).find(1n), undefined));
});

describe("specs of stacks", () => {
  it("want a depth", () => {
    for (const depth of [0, -1, 1.5]) {
      assert.throws(() => stackTraceMap("s", { maxEntries: 1, depth }), InvalidArgumentError);
      assert.throws(() => buildIdStackMap("s", { maxEntries: 1, depth }), InvalidArgumentError);
    }
  });
});
