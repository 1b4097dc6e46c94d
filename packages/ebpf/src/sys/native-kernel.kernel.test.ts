import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { machine, networkInterfaces, release } from "node:os";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { loadReturning } from "./feature/smallest-program.ts";
import { openNativeKernel } from "./native-kernel.ts";
import { mountPoints } from "./machine/mounts.ts";

const kernel = openNativeKernel();
const openFiles = (): number => readdirSync("/proc/self/fd").length;

describe("openNativeKernel", () => {
  it("opens the same one each time", () => assert.equal(openNativeKernel(), kernel));
  it("knows the machine", () => {
    assert.equal(kernel.kind, "native");
    assert.equal(kernel.machine, machine());
    assert.ok(release().startsWith(`${kernel.version[0]}.${kernel.version[1]}`));
    assert.ok(kernel.cpus.online.every((cpu) => kernel.cpus.possible.includes(cpu)));
  });
});

describe("interfaceIndex", () => {
  it("knows the number of each interface", () => {
    for (const name of Object.keys(networkInterfaces())) {
      const expected = Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8"));
      assert.equal(kernel.interfaceIndex(name), expected);
    }
    assert.equal(kernel.interfaceIndex("lo"), 1);
  });
  it("is what the list of interfaces says", () => {
    const interfaces = kernel.interfaces();
    assert.deepEqual(interfaces[0], { index: 1, name: "lo" });
    for (const { index, name } of interfaces) assert.equal(kernel.interfaceIndex(name), index);
  });
  it("guesses what was meant, and leaves no socket open", () => {
    const before = openFiles();
    assert.throws(() => kernel.interfaceIndex("l0"), {
      name: "NotFoundError",
      message:
        'cannot find interface "l0": there is none of that name in this network namespace (ENODEV)',
      hint: 'did you mean "lo"?',
    });
    assert.equal(openFiles(), before);
  });
  it("looks for long names among the alternative ones", () =>
    assert.throws(() => kernel.interfaceIndex("a_name_of_more_than_fifteen_bytes"), {
      name: "NotFoundError",
    }));
  it("refuses an empty name", () =>
    assert.throws(() => kernel.interfaceIndex(""), { name: "InvalidArgumentError" }));
});

describe("readBtf", needs("btf"), () => {
  it("reads the kernel's", () => {
    const bytes = kernel.readBtf("vmlinux");
    assert.equal((bytes[1]! << 8) | bytes[0]!, 0xeb9f);
    assert.ok(bytes.length > 1 << 20);
  });
  it("reads nothing else", () => {
    for (const name of ["", "../../../etc/passwd", "/etc/passwd", "vmlinux\0", 5 as never])
      assert.throws(() => kernel.readBtf(name), InvalidArgumentError);
  });
  it("says that there is no such module", () =>
    assert.throws(() => kernel.readBtf("vmlinx"), {
      name: "NotFoundError",
      hint: 'did you mean "vmlinux"?',
    }));
});

describe("openPath", () => {
  it("opens folders and files, and reads", () => {
    using folder = kernel.openPath("/proc/self");
    assert.equal(folder.kind, "file");
    using file = kernel.openPath("/proc/self/comm");
    const buffer = new Uint8Array(64);
    assert.ok(kernel.readInto(file, buffer) > 1);
    assert.equal(kernel.readInto(file, buffer), 0);
    assert.throws(() => kernel.readInto(folder, buffer), { message: /^cannot read \/proc\/self/ });
  });
  it("says what is not there", () =>
    assert.throws(() => kernel.openPath("/nothing"), {
      name: "NotFoundError",
      message: "cannot open /nothing: it does not exist (ENOENT)",
    }));
});

describe("tracepoints", needs("bpf", "tracefs"), () => {
  const load = () => loadReturning(kernel, 0, { progType: "tracepoint" });

  it("take a program by a link", needsLinux(5, 15), () => {
    using event = kernel.openTracepointEvent("cgroup", "cgroup_rename");
    using prog = load();
    using link = kernel.bpf("linkCreate", { prog, target: event, attachType: "perf_event" });
    const info = kernel.bpf("objGetInfoByFd", { object: link });
    assert.ok(info.kind === "link");
    assert.equal(info.type, "perf_event");
    // What a link on an event belongs to is told since Linux 6.6.
    if (isAtLeast(kernel.version, [6, 6])) assert.equal(info.details["tpName"], "cgroup_rename");
  });
  it("take a program without one", () => {
    using event = kernel.openTracepointEvent("cgroup", "cgroup_rename");
    using prog = load();
    kernel.attachToPerfEvent(event, prog);
    assert.throws(() => kernel.attachToPerfEvent(event, prog), { name: "ExistsError" });
  });
  it("take only programs for tracepoints", () => {
    using event = kernel.openTracepointEvent("cgroup", "cgroup_rename");
    using prog = loadReturning(kernel, 2, { progType: "xdp" });
    assert.throws(() => kernel.attachToPerfEvent(event, prog), {
      name: "SyscallError",
      message:
        /^cannot attach xdp program to tracepoint cgroup\/cgroup_rename: the program is of another/,
    });
  });
  it("are guessed when misspelt", () =>
    assert.throws(() => kernel.openTracepointEvent("sched", "sched_swich"), {
      name: "InvalidArgumentError",
      hint: 'did you mean "sched_switch"?',
    }));
});

describe("descriptors", needs("bpf", "bpffs"), () => {
  it("are none the more after any number of failures", () => {
    const before = openFiles();
    const pathname = `${mountPoints("bpf")[0]!}/nothing`;
    for (let round = 0; round < 10; round++) {
      assert.throws(() => kernel.bpf("objGet", { pathname, kind: "map" }));
      assert.throws(() => kernel.interfaceIndex("nothing"));
      assert.throws(() => kernel.openPath("/nothing"));
      assert.throws(() =>
        kernel.bpf("mapCreate", { mapType: "array", keySize: 3, valueSize: 4, maxEntries: 1 }),
      );
    }
    assert.equal(openFiles(), before);
  });
});
