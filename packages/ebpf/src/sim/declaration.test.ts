import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { mov } from "../asm/alu.ts";
import { assemble, type Item } from "../asm/assemble.ts";
import { callKfunc, exit } from "../asm/call.ts";
import { ldx } from "../asm/memory.ts";
import { r0, r1, r2 } from "../isa/register.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { loadProgram } from "../program/load.ts";
import { program } from "../spec/program.ts";
import { declaredKernel } from "./declaration.ts";
import type { SimulatedKernel } from "./simulated-kernel.ts";

/** A program that calls a function with 40 and 10, and returns what comes back, or what `more` makes of it. */
function calling(kernel: SimulatedKernel, name: string, ...more: readonly Item[]) {
  const items = assemble([[mov(r1, 40), mov(r2, 10)], callKfunc(name), more, exit()]);
  return loadProgram(kernel, program("syscall", items, { flags: ["sleepable"] }));
}

/** BTF without a type. */
function emptyBtf(): Uint8Array {
  return Uint8Array.of(0x9f, 0xeb, 1, 0, 24, ...Array.from({ length: 15 }, () => 0), 1, 0, 0, 0, 0);
}

describe("a declared kernel", () => {
  it("is and has what was said, and else what was asked for", () => {
    const kernel = declaredKernel(
      {
        version: "6.12.3",
        cpus: 3,
        cpu: 2,
        now: { integer: "9007199254740993" },
        task: { pid: 7, comm: "sh" },
        functions: ["my_function"],
        tracepoints: ["mine/event"],
        interfaces: ["eth7"],
        cgroups: { "/sys/fs/cgroup/app": 42 },
        files: {
          "/etc/motd": "hello",
          "/bin/raw": { hex: "7f 45" },
          "/bin/app": { functions: ["main"], probes: [{ provider: "a", name: "b", arguments: 1 }] },
        },
        iterators: { task: [{ task: null }] },
      },
      { cpus: 1, seed: 5 },
    );
    assert.deepEqual(kernel.version, [6, 12, 3]);
    assert.deepEqual(kernel.cpus.possible, [0, 1, 2]);
    const { now, cpu, task } = kernel.world;
    assert.deepEqual([now, cpu, task.pid, task.comm, task.uid], [2n ** 53n + 1n, 2, 7, "sh", 0]);
    assert.equal(kernel.interfaceIndex("eth7"), 2);
    assert.equal(new TextDecoder().decode(kernel.readFile("/etc/motd")), "hello");
    assert.deepEqual([...kernel.readFile("/bin/raw")], [0x7f, 0x45]);
    assert.deepEqual(kernel.fire.userFunction("/bin/app", "main").runs, []);
    assert.deepEqual(kernel.fire.kernelFunction("my_function").runs, []);
    assert.deepEqual(kernel.fire.rawTracepoint("event"), []);
    assert.equal(kernel.addCgroup("/sys/fs/cgroup/app"), 42n);
  });

  it("gives what was said from functions of the kernel", () => {
    const check = (name: string, result: unknown, expected: bigint): void => {
      const kernel = declaredKernel({ kfuncs: { [name]: result } });
      using loaded = calling(kernel, name);
      assert.equal(loaded.run().returnValue, Number(expected));
    };
    check("vfs_fsync", 7, 7n);
    check("vfs_fsync", -2, 0xffff_fffen);
    check("vfs_fsync", { integer: "0x7fffffff" }, 0x7fff_ffffn);
    check("bpf_strlen", 5, 5n);
    check("tcp_close", 0, 0n);
    // The checker has no rule for it, and says so in its log, which is not why it is refused.
    assert.throws(() => calling(declaredKernel({}), "vfs_fsync"), {
      name: "NotSupportedError",
      hint: /kernel\.addKfunc\("vfs_fsync", …\), or "kfuncs" in the file of --world/,
    });
  });

  it("gives objects where functions give pointers", () => {
    const kernel = declaredKernel({
      checking: "off",
      kfuncs: { bpf_task_from_pid: { pid: 42 } },
    });
    const { offset } = kernelBtf(kernel).member("task_struct", "pid");
    using loaded = calling(kernel, "bpf_task_from_pid", ldx("u32", r0, r0, offset));
    assert.equal(loaded.run().returnValue, 42);
  });

  it("gives what a function of a test makes of the arguments", () => {
    const kernel = declaredKernel({});
    kernel.addKfunc("bpf_strcmp", (left = 0n, right = 0n) => left - right);
    using loaded = calling(kernel, "bpf_strcmp");
    assert.equal(loaded.run().returnValue, 30);
  });

  it("was built with the settings that were said", () => {
    const settings = { CONFIG_HZ: 250, CONFIG_NET: true, CONFIG_M: "m", CONFIG_NAME: "box" };
    const kernel = declaredKernel(
      { version: "6.1.2", settings },
      { files: () => assert.fail("asked the machine") },
    );
    const text = new TextDecoder().decode(kernel.readFile("/boot/config-6.1.2"));
    assert.equal(text, 'CONFIG_HZ=250\nCONFIG_NET=y\nCONFIG_M=m\nCONFIG_NAME="box"\n');
    assert.throws(() => kernel.readFile("/proc/config.gz"), { name: "NotFoundError" });
  });

  it("fails as was said", () => {
    const failing = { command: "mapCreate", error: "ENOMEM", after: 1, times: 1, latencyNs: 5 };
    const kernel = declaredKernel({ now: 0, injections: [failing] });
    const create = (): void =>
      kernel
        .bpf("mapCreate", { mapType: "array", keySize: 4, valueSize: 4, maxEntries: 1 })
        .close();
    create();
    assert.equal(kernel.world.now, 0n);
    assert.throws(create, { errnoName: "ENOMEM" });
    assert.equal(kernel.world.now, 5n);
    create();
  });

  it("has the types of a file", () => {
    const files = (path: string): Uint8Array | undefined =>
      ({ "small.btf": emptyBtf(), other: new Uint8Array(4) })[path];
    const kernel = declaredKernel({ types: "small.btf" }, { files });
    assert.deepEqual(kernel.readBtf("vmlinux"), emptyBtf());
    const check = (types: string, message: RegExp): void =>
      assert.throws(() => declaredKernel({ types }, { files }), {
        name: "InvalidArgumentError",
        message,
        hint: /give a file with BTF/,
      });
    check("gone", /"types" is "gone", and there is no such file/);
    check("other", /"types" is "other", which has none: other/);
  });

  it("is a usual one when nothing is said", () => {
    const kernel = declaredKernel({});
    assert.equal(kernel.cpus.possible.length, 2);
    assert.throws(() => kernel.fire.kernelFunction("my_function"), {
      hint: /--function my_function/,
    });
    assert.throws(() => kernel.fire.rawTracepoint("mine"), { hint: /--tracepoint mine/ });
  });

  it("refuses what cannot be meant, and says where", () => {
    const check = (declaration: unknown, message: RegExp): void => {
      assert.throws(
        () => declaredKernel(declaration),
        (error) => error instanceof InvalidArgumentError && message.test(error.message),
        String(message),
      );
    };
    check([], /what the simulated kernel has is given an array, not an object/);
    check({ function: [] }, /takes no "function"/);
    check({ functions: "f" }, /"functions" is "f", not a list/);
    check({ functions: ["f", 1] }, /"functions", number 2, is a number, not a text/);
    check({ version: "six" }, /"version" is "six", not a version/);
    check({ cpus: 0 }, /"cpus"/);
    check({ cpus: 1, cpu: 1 }, /"cpu" is 1, and there are 1 CPUs/);
    check({ checking: "hard" }, /"checking"/);
    check({ task: { pids: 1 } }, /"task" takes no "pids"/);
    check({ task: { pid: -1 } }, /"pid" of "task"/);
    check({ cgroups: { "/a": "1" } }, /"cgroups" of "\/a"/);
    check({ files: { "/a": 1 } }, /"files" of "\/a" is given a number/);
    check({ files: { "/a": { functions: [1] } } }, /"functions" of "files" of "\/a", number 1/);
    const probe = { provider: "p", name: "n", arguments: 13 };
    check({ files: { "/a": { probes: [probe] } } }, /"arguments" of "probes" of/);
    check({ iterators: { task: [1] } }, /"iterators" of "task", number 1, is a number/);
    check({ kfuncs: { vfs_fsync: [1] } }, /"kfuncs" of "vfs_fsync" is an array, not a number, or/);
    check({ kfuncs: { vfs_fsink: 1 } }, /has no types for function "vfs_fsink"/);
    check({ kfuncs: { vfs_fsync: {} } }, /the result of vfs_fsync/);
    check({ kfuncs: { bpf_task_from_pid: { pit: 1 } } }, /task_struct has no member "pit"/);
    check({ settings: { HZ: 1 } }, /"HZ" is no setting of a kernel/);
    check(
      { settings: { CONFIG_HZ: 1.5 } },
      /"settings" of "CONFIG_HZ" is 1\.5, not a whole number/,
    );
    check({ settings: { CONFIG_HZ: [] } }, /"settings" of "CONFIG_HZ" is an array, not a whole/);
    const inject = (injection: unknown, message: RegExp): void =>
      check({ injections: [{ lose: "perf" }, injection] }, message);
    inject({ command: "mapCreat" }, /"command" of "injections", number 2, is "mapCreat"/);
    inject({ command: "mapCreate", error: "ENOMEMM" }, /no error is called "ENOMEMM"/);
    inject({ lose: "ring" }, /"lose" of "injections", number 2, is "ring"/);
    inject({ lose: "perf", error: "ENOMEM" }, /"injections", number 2, takes no "error"/);
    inject({ lose: "perf", probability: 2 }, /"probability" of "injections", number 2, is 2/);
    inject({ command: "mapCreate", times: -1 }, /"times" of "injections", number 2, is -1/);
    inject({ command: "mapCreate", latencyNs: 0.5 }, /"latencyNs" of "injections", number 2/);
    inject(1, /"injections", number 2, is given a number, not an object/);
    check({ types: 1 }, /"types" is a number, not a text/);
    check({ files: { "/a": { hex: "0" } } }, /"0" is no bytes/);
    check({ now: { integer: "x" } }, /"x" is no integer/);
  });
});
