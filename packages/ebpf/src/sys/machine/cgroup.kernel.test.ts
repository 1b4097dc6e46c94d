import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import { mov } from "../../asm/alu.ts";
import { assemble } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { stx } from "../../asm/memory.ts";
import { loadMapValue } from "../../asm/wide.ts";
import { loadCollection } from "../../collection/load.ts";
import { r0, r6 } from "../../isa/register.ts";
import { NotFoundError } from "../../kernel/errors.ts";
import { u64 } from "../../layout/integer.ts";
import { cgroupSysctl } from "../../spec/cgroup.ts";
import { global } from "../../spec/global-spec.ts";
import { makeCgroup } from "../../testing/cgroup.ts";
import { needs } from "../../testing/needs.ts";
import { openNativeKernel } from "../native-kernel.ts";
import { cgroupById, cgroupId, cgroupOf, cgroupRoot, cgroupTree, childCgroups } from "./cgroup.ts";

const seenId = global("seen_id", u64, 0n);

/** Remembers the number of the group of whoever looks at a setting. */
const remember = cgroupSysctl(
  assemble([
    call("get_current_cgroup_id"),
    mov(r6, r0),
    loadMapValue(r0, seenId),
    stx("u64", r0, 0, r6),
    mov(r0, 1),
    exit(),
  ]),
);

describe("control groups", needs("root", "bpf", "cgroup2"), () => {
  it("are found from the top", () => {
    using group = makeCgroup();
    const below = `${group.folder}/below`;
    mkdirSync(below);
    assert.equal(cgroupRoot(), dirname(group.folder));
    assert.ok(childCgroups().includes(group.folder));
    assert.deepEqual(childCgroups(group.folder), [below]);
    assert.deepEqual([...cgroupTree(group.folder)], [group.folder, below]);
    rmdirSync(below);
    assert.throws(() => childCgroups(below), NotFoundError);
    assert.deepEqual([...cgroupTree(below)], [below]);
  });

  it("have numbers, which other folders have not", () => {
    assert.throws(() => cgroupId("/tmp"), {
      name: "InvalidArgumentError",
      message: "/tmp is not a control group",
      hint: `control groups are folders below ${cgroupRoot()}`,
    });
    assert.throws(() => cgroupId(`${cgroupRoot()}/none`), NotFoundError);
  });

  it("are found by process", async () => {
    using group = makeCgroup();
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    writeFileSync(`${group.folder}/cgroup.procs`, String(child.pid));
    assert.equal(cgroupOf(child.pid), group.folder);
    assert.ok(cgroupOf().startsWith(cgroupRoot()));
    child.kill();
    await once(child, "exit");
    assert.throws(() => cgroupOf(child.pid), NotFoundError);
  });

  it("have the numbers that programs see", () => {
    using group = makeCgroup();
    using tracer = loadCollection(openNativeKernel(), {
      seenId,
      remember: { ...remember, target: { kind: "cgroup", cgroup: group.folder } },
    });
    tracer.attach();
    group.run("cat /proc/sys/kernel/ostype");
    const id = cgroupId(group.folder);
    assert.equal(tracer.seenId.value, id);
    const info = tracer.links.get("remember")!.info();
    assert.ok(info.type === "cgroup");
    assert.equal(info.details.cgroupId, id);
    assert.equal(cgroupById(id), group.folder);
    assert.equal(cgroupById(1n << 60n), undefined);
    assert.throws(() => cgroupId("/no/such/group"), NotFoundError);
  });
});
