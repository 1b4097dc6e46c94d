import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, callKfunc, exit } from "../asm/call.ts";
import { storeTo } from "../asm/field.ts";
import { addressOf } from "../asm/place.ts";
import { stackFrame } from "../asm/stack.ts";
import { loadMapValue } from "../asm/wide.ts";
import { KernelSettings } from "../collection/kernel-settings.ts";
import { loadCollection } from "../collection/load.ts";
import { enableStatistics } from "../inspect/statistics.ts";
import { r0, r1, r2, r3, r4, r5 } from "../isa/register.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import { createToken } from "../kernel/token.ts";
import { chars } from "../layout/chars.ts";
import { u32 } from "../layout/integer.ts";
import { loadProgram } from "../program/load.ts";
import { declaredKernel } from "../sim/declaration.ts";
import { config, globalSpec } from "../spec/global-spec.ts";
import { program } from "../spec/program.ts";
import { ProgramOutput } from "../stream/program-output.ts";
import { createSimulatedKernel, type SimulatedKernel } from "../sim/simulated-kernel.ts";

/** A program that prints with `format` into a stream by its number, with so many words of 7 in `bytes`. */
function printer(kernel: SimulatedKernel, stream: number, text: string, bytes = 8) {
  const format = config("format", chars(96), text);
  const values = stackFrame().bytes(8);
  const print = program(
    "syscall",
    assemble([
      storeTo({ ...values, size: 8 }, 7),
      [mov(r1, stream), loadMapValue(r2, format), addressOf(r3, values)],
      [mov(r4, bytes), mov(r5, 0), callKfunc("bpf_stream_vprintk_impl")],
      exit(),
    ]),
    { flags: ["sleepable"] },
  );
  return loadCollection(kernel, { format, print });
}

/** What a program finds in a variable that stands for a setting. */
function settingIn(kernel: SimulatedKernel, name: string): number {
  const setting = { type: "int", weak: false } as const;
  const variable = globalSpec("config", { name, layout: u32, initial: 0, setting });
  new KernelSettings(kernel).set(variable);
  return variable.value;
}

describe("settings of a simulated kernel", () => {
  it("are those that were declared, and the version", () => {
    const kernel = declaredKernel({ version: "6.1.2", settings: { CONFIG_HZ: 250 } });
    assert.equal(settingIn(kernel, "CONFIG_HZ"), 250);
    assert.equal(settingIn(kernel, "LINUX_KERNEL_VERSION"), (6 << 16) + (1 << 8) + 2);
    assert.throws(() => settingIn(kernel, "CONFIG_SOMETHING_ELSE"), {
      hint: /kernel\.addSetting\("CONFIG_SOMETHING_ELSE", …\), or "settings" in the file of --world/,
    });
  });
});

describe("streams of simulated programs", () => {
  it("keep what is printed, for one reader, until there is no room", () => {
    const kernel = createSimulatedKernel();
    using loaded = printer(kernel, 1, "a line with %lu in it\n");
    const line = "a line with 7 in it\n";
    const print = (): number => loaded.print.run().returnValue | 0;
    for (let used = 0; used + line.length < 100_000; used += line.length) assert.equal(print(), 0);
    assert.equal(print(), -28, "ENOSPC");
    const output = new ProgramOutput(loaded.print, "stdout");
    assert.equal(output.take().length, 99_980);
    assert.equal(print(), 0);
    assert.equal(output.take(), line);
    assert.equal(new ProgramOutput(loaded.print, "stderr").take(), "");
  });

  it("are read in parts", () => {
    const kernel = createSimulatedKernel();
    using loaded = printer(kernel, 2, "%lu67");
    loaded.print.run();
    loaded.print.run();
    const read = (size: number): string => {
      const buffer = new Uint8Array(size);
      const prog = loaded.print.handle;
      const { length } = kernel.bpf("progStreamReadByFd", { prog, streamId: "stderr", buffer });
      return new TextDecoder().decode(buffer.subarray(0, length));
    };
    assert.deepEqual([read(2), read(3), read(9), read(9)], ["76", "776", "7", ""]);
  });

  it("take no text that cannot be made, and are two", () => {
    const check = (stream: number, text: string, bytes: number, expected: number): void => {
      using loaded = printer(createSimulatedKernel({ checking: "off" }), stream, text, bytes);
      assert.equal(loaded.print.run().returnValue | 0, expected);
    };
    check(3, "", 0, -2);
    check(0, "", 0, -2);
    check(1, "%lu", 0, -22);
    check(1, "%lu", 4, -22);
    check(1, "%lu", 104, -22);
  });

  it("are there since 6.17", () => {
    const kernel = createSimulatedKernel({ version: [6, 16] });
    using silent = loadProgram(kernel, program("xdp", assemble([mov(r0, 2), exit()])));
    const output = new ProgramOutput(silent, "stdout");
    assert.throws(() => output.take(), { name: "NotSupportedError", since: [6, 17] });
  });
});

describe("statistics of a simulated kernel", () => {
  it("count no run before, and the time that the world says", () => {
    const kernel = createSimulatedKernel();
    const timed = assemble([call("ktime_get_ns"), mov(r0, 2), exit()]);
    using loaded = loadProgram(kernel, program("xdp", timed));
    const run = (): unknown => loaded.run({ data: new Uint8Array(64), repeat: 3 });
    run();
    assert.equal(loaded.info().runCount, 0n);
    using _ = enableStatistics(kernel);
    run();
    const { runCount, runTimeNs } = loaded.info();
    assert.deepEqual([runCount, runTimeNs], [3n, 0n]);
    let now = 5n;
    Object.defineProperty(kernel.world, "now", { get: () => (now += 2n) });
    run();
    // A reading before the run, one in it, one behind it.
    assert.equal(loaded.info().runTimeNs, 12n);
  });
});

describe("commands that a simulated kernel has no use for", () => {
  it("are refused with the reason", () => {
    const kernel = createSimulatedKernel();
    assert.throws(() => createToken(kernel, "/sys/fs/bpf"), {
      name: "NotSupportedError",
      message: /tokens in the initial user namespace/,
    });
    kernel.addFile("/etc/motd", new Uint8Array());
    assert.throws(() => createToken(kernel, "/etc/motd"), { errnoName: "EINVAL" });
    assert.throws(() => kernel.bpf("taskFdQuery", { pid: 1, fd: 3 }), {
      name: "NotSupportedError",
      hint: /no descriptors/,
    });
    const refuses = (version: KernelVersion, run: (kernel: SimulatedKernel) => unknown): void =>
      assert.throws(() => run(createSimulatedKernel({ version })), { name: "NotSupportedError" });
    refuses([5, 7], enableStatistics);
    refuses([6, 8], (old) => createToken(old, "/sys/fs/bpf"));
  });
});
