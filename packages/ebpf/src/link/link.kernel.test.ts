import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { BusyError, isNotSupported, NotFoundError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { LinkInfo } from "../kernel/link-info.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { openPinnedProgram } from "../program/open-pinned.ts";
import { cgroupSysctl } from "../spec/cgroup.ts";
import { iter } from "../spec/iterator.ts";
import { perfEvent } from "../spec/perf-event.ts";
import { rawTracepoint, tpBtf, tracepoint } from "../spec/tracepoint.ts";
import { linkTypeNumbers } from "../sys/generated/constants.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { needs } from "../testing/needs.ts";
import { attach } from "./attach.ts";
import { attachCgroup, queryCgroup } from "./cgroup.ts";
import { IteratorLink } from "./iterator.ts";
import type { Link } from "./link.ts";
import { openPinnedLink } from "./open-pinned.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const look = "cat /proc/sys/kernel/ostype";

function loadPrograms() {
  return loadCollection(kernel, {
    hits,
    allow: cgroupSysctl(counting(1)),
    deny: cgroupSysctl(counting(0)),
    other: rawTracepoint("cgroup_rename", counting()),
    walk: iter("task", counting()),
  });
}

/** Waits for what comes a little later: a link is taken down after its process is gone, a pin lets go after its removal. */
async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "nothing happened");
    await new Promise((resolve) => void setImmediate(resolve));
  }
}

/** A path for a pin, removed at the end. */
function pinPath(name: string): Disposable & { readonly path: string } {
  const path = `${mountPoints("bpf")[0]!}/ts-ebpf-${process.pid}-${name}`;
  return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

describe("the program of a live link", needs("root", "bpf", "btf", "cgroup2"), () => {
  it("is replaced", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using link = attachCgroup(loaded.allow, group.folder);
    assert.equal(group.run(look), 0);
    link.update(loaded.deny);
    assert.notEqual(group.run(look), 0);
    assert.equal(link.info().programId, loaded.deny.id);
    link.update(loaded.allow, { expected: loaded.deny });
    assert.equal(group.run(look), 0);
  });

  it("is not replaced when it is another one than expected", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using link = attachCgroup(loaded.allow, group.folder);
    assert.throws(() => link.update(loaded.allow, { expected: loaded.deny }), BusyError);
    assert.equal(link.info().programId, loaded.allow.id);
  });

  it("is only replaced by one that fits, where the kind of link allows it", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using link = attachCgroup(loaded.allow, group.folder);
    const refused = (error: unknown): boolean =>
      error instanceof SyscallError &&
      /does not fit this link|cannot be updated/.test(error.message);
    assert.throws(() => link.update(loaded.other), refused);
    using tracing = attach(loaded.other);
    assert.throws(() => tracing.update(loaded.other), refused);
  });

  it("is taken off while the link stays", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using link = attachCgroup(loaded.deny, group.folder);
    link.detach();
    assert.equal(group.run(look), 0);
    const { programs } = queryCgroup(kernel, group.folder, { attachType: "cgroup_sysctl" });
    assert.deepEqual(programs, []);
    const info = link.info();
    assert.equal(info.type === "cgroup" && info.details.cgroupId, 0n);
    using tracing = attach(loaded.other);
    assert.throws(() => tracing.detach(), isNotSupported);
  });
});

const pinnable = needs("root", "bpf", "btf", "cgroup2", "bpffs");

describe("pinned links and programs", pinnable, () => {
  it("stay attached and are opened again", async () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using pin = pinPath("link");
    const link = attachCgroup(loaded.deny, group.folder);
    link.pin(pin.path);
    link.close();
    assert.notEqual(group.run(look), 0);
    using opened = openPinnedLink(kernel, pin.path, { kind: "cgroup" });
    assert.equal(opened.info().programId, loaded.deny.id);
    opened.update(loaded.allow);
    assert.equal(group.run(look), 0);
    opened.update(loaded.deny);
    rmSync(pin.path);
    assert.notEqual(group.run(look), 0);
    opened.close();
    await waitUntil(() => group.run(look) === 0);
  });

  it("are checked to be of the kind that is asked for", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using pin = pinPath("kind");
    using programPin = pinPath("program");
    using link = attachCgroup(loaded.allow, group.folder);
    link.pin(pin.path);
    loaded.allow.pin(programPin.path);
    const wrong = (open: () => unknown, message: RegExp): void =>
      assert.throws(
        open,
        (error) => error instanceof InvalidArgumentError && message.test(error.message),
      );
    wrong(() => openPinnedLink(kernel, pin.path, { kind: "xdp" }), /is of kind cgroup, not xdp/);
    wrong(() => openPinnedLink(kernel, programPin.path), /is a program, not a link/);
    wrong(() => openPinnedProgram(kernel, pin.path), /is a link, not a program/);
    wrong(
      () => openPinnedProgram(kernel, programPin.path, loaded.other.spec),
      /is of type cgroup_sysctl, not raw_tracepoint/,
    );
    assert.throws(() => openPinnedLink(kernel, `${pin.path}x`), NotFoundError);
  });

  it("are programs that attach", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using pin = pinPath("again");
    loaded.deny.pin(pin.path);
    const { spec, id } = loaded.deny;
    loaded.close();
    using opened = openPinnedProgram(kernel, pin.path, spec);
    assert.equal(opened.id, id);
    using link = attachCgroup(opened, group.folder);
    assert.equal(link.info().programId, id);
    assert.notEqual(group.run(look), 0);
    using nameless = openPinnedProgram(kernel, pin.path);
    assert.deepEqual([nameless.type, nameless.name], ["cgroup_sysctl", "deny"]);
  });

  it("are iterators that are read", () => {
    using loaded = loadPrograms();
    using pin = pinPath("iter");
    using link = attach(loaded.walk);
    link.pin(pin.path);
    using opened = openPinnedLink(kernel, pin.path, { kind: "iter" });
    assert.ok(opened instanceof IteratorLink);
    opened.text();
    assert.ok(loaded.hits.value > 0n);
  });
});

/** Attaches in a process of its own, which says so and waits, or ends by itself. */
const child = `
import { attachCgroup, cgroupSysctl, loadProgram } from "ts-ebpf";
import { openNativeKernel } from "ts-ebpf/sys";
const [group, way, pin] = process.argv.slice(1);
const instructions = [{ kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 }, { kind: "exit" }];
const program = loadProgram(openNativeKernel(), cgroupSysctl(instructions));
const link = attachCgroup(program, group, { way });
if (pin) link.pin(pin);
console.log("attached");
setTimeout(() => {}, 60_000);
`;

describe("attachments of a process that is killed", pinnable, () => {
  async function attachAndDie(...given: readonly string[]): Promise<void> {
    const conditions = ["--conditions=@ts-ebpf/source", "--input-type=module", "-e", child];
    const { dirname: cwd } = import.meta;
    const { NODE_OPTIONS: _, ...env } = process.env;
    const other = spawn(process.execPath, [...conditions, ...given], { cwd, env, stdio: "pipe" });
    other.stderr.pipe(process.stderr);
    await once(other.stdout, "data");
    other.kill("SIGKILL");
    await once(other, "exit");
  }

  it("end with it", async () => {
    using group = makeCgroup();
    await attachAndDie(group.folder, "link");
    await waitUntil(() => group.run(look) === 0);
  });

  it("stay when they are pinned, until somebody removes the pin", async () => {
    using group = makeCgroup();
    using pin = pinPath("survivor");
    await attachAndDie(group.folder, "link", pin.path);
    assert.notEqual(group.run(look), 0);
    using link = openPinnedLink(kernel, pin.path, { kind: "cgroup" });
    rmSync(pin.path);
    link.close();
    await waitUntil(() => group.run(look) === 0);
  });

  it("stay when they are no links, until they are detached or the group is gone", async () => {
    using group = makeCgroup();
    await attachAndDie(group.folder, "prog_attach");
    const attachType = "cgroup_sysctl";
    const [id] = queryCgroup(kernel, group.folder, { attachType }).programs;
    assert.ok(id !== undefined);
    assert.notEqual(group.run(look), 0);
    using target = kernel.openPath(group.folder);
    using attachBpf = kernel.bpf("progGetFdById", { id });
    kernel.bpf("progDetach", { target, attachBpf, attachType });
    assert.equal(group.run(look), 0);
  });
});

describe("info of links", needs("root", "bpf", "btf", "cgroup2"), () => {
  const info = (link: Link): LinkInfo => {
    using held = link;
    const found = held.info();
    assert.equal(found.type, held.kind);
    return found;
  };

  it("tells of a raw tracepoint", () => {
    using loaded = loadPrograms();
    const found = info(attach(loaded.other));
    assert.ok(found.type === "raw_tracepoint");
    assert.equal(found.details.tpName, "cgroup_rename");
  });

  it("tells of a BTF tracepoint", () => {
    using loaded = loadCollection(kernel, { hits, seen: tpBtf("cgroup_rename", counting()) });
    const found = info(attach(loaded.seen));
    assert.ok(found.type === "raw_tracepoint");
    assert.equal(found.details.tpName, "cgroup_rename");
  });

  it("tells of an iterator", () => {
    using loaded = loadPrograms();
    const found = info(attach(loaded.walk));
    assert.ok(found.type === "iter");
    assert.deepEqual(
      found.details,
      isAtLeast(kernel.version, [6, 1]) ? { targetName: "task", tid: 0, pid: 0 } : found.details,
    );
    assert.equal(found.details.targetName, "task");
  });

  it("tells of samples", () => {
    using loaded = loadCollection(kernel, {
      hits,
      sample: perfEvent(counting(), { event: "cpu_clock", period: 1_000_000 }),
    });
    using link = attach(loaded.sample);
    if (link.kind === "perf_event_ioctl") return;
    const found = link.info();
    assert.ok(found.type === "perf_event");
    const { details } = found;
    if (!isAtLeast(kernel.version, [6, 6])) assert.deepEqual(details, { event: "unspec" });
    else {
      assert.ok(details.event === "event");
      assert.deepEqual([details.config, details.cookie], [0n, 0n]);
      assert.ok(details.type > 0);
    }
  });

  it("tells of a tracepoint", needs("tracefs"), () => {
    using loaded = loadCollection(kernel, {
      hits,
      seen: tracepoint("cgroup/cgroup_rename", counting()),
    });
    using link = attach(loaded.seen);
    if (link.kind === "perf_event_ioctl") return;
    const found = link.info();
    assert.ok(found.type === "perf_event");
    if (found.details.event === "tracepoint") assert.equal(found.details.tpName, "cgroup_rename");
    else assert.ok(!isAtLeast(kernel.version, [6, 6]));
  });

  it("knows every kind of link that Linux 6.18 has, by its number", () => {
    const { values } = kernelBtf(kernel).typeByName("bpf_link_type", "enum");
    const kinds = values
      .map(({ name, value }) => [name.replace("BPF_LINK_TYPE_", "").toLowerCase(), value] as const)
      .filter(([word]) => !/^unspec$|^(__)?max_/.test(word));
    const known = new Map<string, number>(Object.entries(linkTypeNumbers));
    for (const [word, number] of kinds) {
      if (known.has(word)) assert.equal(known.get(word), number, word);
      else assert.ok(isAtLeast(kernel.version, [6, 19]), `${word} is not known`);
    }
    assert.ok(kinds.length > 5);
  });
});
