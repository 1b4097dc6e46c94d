import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { declaredKernel } from "./declaration.ts";

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
    check({ files: { "/a": { hex: "0" } } }, /"0" is no bytes/);
    check({ now: { integer: "x" } }, /"x" is no integer/);
  });
});
