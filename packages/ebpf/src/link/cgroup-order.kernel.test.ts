import assert from "node:assert/strict";
import { mkdirSync, rmdirSync } from "node:fs";
import { describe, it } from "node:test";
import { BpfError, InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { isNotSupported, isPermissionDenied, NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { cgroupSysctl } from "../spec/cgroup.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup, type TestCgroup } from "../testing/cgroup.ts";
import { needs } from "../testing/needs.ts";
import { withoutCommand } from "../testing/older-kernel.ts";
import { attachCgroup, type CgroupAttachOptions, queryCgroup } from "./cgroup.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const attachType = "cgroup_sysctl";
const look = "cat /proc/sys/kernel/ostype";

/** Programs that let everything happen, and one that refuses. */
function loadPrograms() {
  const allow = cgroupSysctl(counting(1));
  return loadCollection(kernel, {
    hits,
    first: allow,
    second: cgroupSysctl(counting(1)),
    third: cgroupSysctl(counting(1)),
    deny: cgroupSysctl(counting(0)),
  });
}

/** A group below `group`. */
function below(group: TestCgroup): Disposable & { readonly folder: string } {
  const folder = `${group.folder}/below`;
  mkdirSync(folder);
  return { folder, [Symbol.dispose]: () => rmdirSync(folder) };
}

describe("several programs on control groups", needs("root", "bpf", "cgroup2"), () => {
  const attached = (folder: string, programs: "own" | "effective" = "own") =>
    queryCgroup(kernel, folder, { attachType, programs });

  it("are told apart by where they are attached", () => {
    using group = makeCgroup();
    using lower = below(group);
    using loaded = loadPrograms();
    using upperLink = attachCgroup(loaded.first, group.folder);
    using lowerLink = attachCgroup(loaded.second, lower.folder);
    assert.deepEqual(attached(group.folder).programs, [upperLink.info().programId]);
    assert.deepEqual(attached(lower.folder).programs, [lowerLink.info().programId]);
    const all = [loaded.second.id, loaded.first.id];
    assert.deepEqual(attached(lower.folder, "effective").programs, all);
    assert.deepEqual(attached(lower.folder).attachFlags, ["allow_multi"]);
  });

  it("run one instead of the other with allow_override", () => {
    using group = makeCgroup();
    using lower = below(group);
    using loaded = loadPrograms();
    using stack = new DisposableStack();
    using upper = attachCgroup(loaded.deny, group.folder, { flags: ["allow_override"] });
    stack.use(attachCgroup(loaded.first, lower.folder, { flags: ["allow_override"] }));
    assert.deepEqual(attached(lower.folder, "effective").programs, [loaded.first.id]);
    assert.deepEqual(attached(group.folder).attachFlags, ["allow_override"]);
    assert.equal(upper.kind, "prog_attach");
    assert.notEqual(group.run(look), 0);
  });

  it("are refused below a group that has its alone", () => {
    using group = makeCgroup();
    using lower = below(group);
    using loaded = loadPrograms();
    using stack = new DisposableStack();
    stack.use(attachCgroup(loaded.first, group.folder, { way: "prog_attach", flags: [] }));
    assert.throws(() => attachCgroup(loaded.second, lower.folder), isPermissionDenied);
  });

  it("replace each other", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    const older = attachCgroup(loaded.first, group.folder, { way: "prog_attach" });
    using last = attachCgroup(loaded.second, group.folder, { way: "prog_attach" });
    using newer = attachCgroup(loaded.third, group.folder, { replace: loaded.first });
    assert.deepEqual(attached(group.folder).programs, [loaded.third.id, loaded.second.id]);
    assert.throws(() => last.info(), NotSupportedError);
    assert.throws(() => newer.update(loaded.first), NotSupportedError);
    // What it had attached is not there any more.
    assert.throws(() => older.close(), BpfError);
    assert.ok(older.closed);
  });

  it("are attached without links where there are none, and detached when closed", () => {
    using group = makeCgroup();
    const older = withoutCommand(kernel, "linkCreate");
    using loaded = loadCollection(older, {
      hits,
      deny: cgroupSysctl(counting(0), { cgroup: group.folder }),
    });
    loaded.attach();
    assert.equal(loaded.links.get("deny")?.kind, "prog_attach");
    assert.notEqual(group.run(look), 0);
    loaded.detach();
    assert.equal(group.run(look), 0);
    assert.deepEqual(attached(group.folder).programs, []);
    assert.throws(
      () => attachCgroup(loaded.deny, group.folder, { way: "link" }),
      NotSupportedError,
    );
  });

  it("are put into an order where the kernel keeps one", () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using stack = new DisposableStack();
    using first = attachCgroup(loaded.first, group.folder);
    const before: CgroupAttachOptions = { anchor: { place: "before", link: first.handle } };
    if (!isAtLeast(kernel.version, [6, 17])) {
      assert.throws(
        () => attachCgroup(loaded.second, group.folder, before),
        (error) => isNotSupported(error) && error.since?.join(".") === "6.17",
      );
      return;
    }
    using second = attachCgroup(loaded.second, group.folder, before);
    const after: CgroupAttachOptions = { anchor: { place: "after", link: second.info().id } };
    stack.use(attachCgroup(loaded.third, group.folder, after));
    const { programs, revision } = attached(group.folder);
    assert.deepEqual(programs, [loaded.second.id, loaded.third.id, loaded.first.id]);
    const stale: CgroupAttachOptions = { anchor: { expectedRevision: revision - 1n } };
    assert.throws(() => attachCgroup(loaded.deny, group.folder, stale), /have changed/);
  });

  it("have an order without links too", needsOrder(), () => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    using stack = new DisposableStack();
    const way = "prog_attach";
    stack.use(attachCgroup(loaded.first, group.folder, { way }));
    const anchor = { place: "before", program: loaded.first.id } as const;
    stack.use(attachCgroup(loaded.second, group.folder, { way, anchor }));
    assert.deepEqual(attached(group.folder).programs, [loaded.second.id, loaded.first.id]);
  });

  it("run before those below when they say so", preorder(), () => {
    using group = makeCgroup();
    using lower = below(group);
    using loaded = loadPrograms();
    using stack = new DisposableStack();
    stack.use(attachCgroup(loaded.first, group.folder, { flags: ["preorder"] }));
    stack.use(attachCgroup(loaded.second, lower.folder));
    const { programs } = attached(lower.folder, "effective");
    assert.deepEqual(programs, [loaded.first.id, loaded.second.id]);
  });

  const refuses = (options: CgroupAttachOptions, hint: RegExp): void => {
    using group = makeCgroup();
    using loaded = loadPrograms();
    assert.throws(
      () => attachCgroup(loaded.first, group.folder, options),
      (error) => error instanceof InvalidArgumentError && hint.test(error.hint ?? ""),
    );
  };
  it("take no older flags as links", () =>
    refuses({ way: "link", flags: ["allow_override"] }, /prog_attach/));
  it("are not replaced by links", () => {
    using loaded = loadPrograms();
    refuses({ way: "link", replace: loaded.first }, /link.update/);
  });
});

function needsOrder(): { readonly skip: string | false } {
  return { skip: isAtLeast(kernel.version, [6, 17]) ? false : "Linux has it since 6.17" };
}

function preorder(): { readonly skip: string | false } {
  return { skip: isAtLeast(kernel.version, [6, 15]) ? false : "Linux has it since 6.15" };
}
