import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { describe, it } from "node:test";
import { add, mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { ldx, stx } from "../asm/memory.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r0, r1 } from "../isa/register.ts";
import { NotFoundError } from "../kernel/errors.ts";
import { u64 } from "../layout/integer.ts";
import { attachCgroup } from "../link/cgroup.ts";
import { loadProgram } from "../program/load.ts";
import { attachedStorage, perCpuAttachedStorage } from "../spec/attached-storage.ts";
import { cgroupSkb } from "../spec/cgroup.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { needs } from "../testing/needs.ts";
import { createMap } from "./create.ts";
import { sum } from "./per-cpu.ts";

const kernel = openNativeKernel();
const usable = needs("root", "bpf", "cgroup2");

/** Adds one to the value of the group, and lets the packet pass. */
const counting = (storage: { readonly name: string }): readonly Instruction[] =>
  assemble([
    call("get_local_storage", storage, 0),
    ldx("u64", r1, r0, 0),
    add(r1, 1),
    stx("u64", r0, 0, r1),
    mov(r0, 1),
    exit(),
  ]);

const send = "exec 3<>/dev/udp/127.0.0.1/9; echo x >&3; true";

describe("storage of an attached program", usable, () => {
  it("is there while the program is attached to the group, and counts its packets", () => {
    const spec = attachedStorage("per_group", u64);
    using map = createMap(kernel, spec);
    using group = makeCgroup();
    const id = statSync(group.folder, { bigint: true }).ino;
    const program = cgroupSkb("egress", counting(spec));
    using loaded = loadProgram(kernel, program, new Map([[spec.name, map.handle]]));
    assert.equal(map.get(id), undefined);
    assert.throws(() => map.set(id, 1n), NotFoundError);
    {
      using link = attachCgroup(loaded, group.folder);
      assert.ok(!link.closed);
      assert.deepEqual([...map], [[id, 0n]]);
      group.run(send);
      const sent = map.get(id)!;
      assert.ok(sent >= 1n, `${sent} packets`);
      map.set(id, 100n);
      group.run(send);
      assert.equal(map.get(id), 100n + sent);
    }
  });

  it("has a value for each CPU when asked for that", () => {
    const spec = perCpuAttachedStorage("per_cpu", u64);
    using map = createMap(kernel, spec);
    using group = makeCgroup();
    const id = statSync(group.folder, { bigint: true }).ino;
    const program = cgroupSkb("egress", counting(spec));
    using loaded = loadProgram(kernel, program, new Map([[spec.name, map.handle]]));
    using link = attachCgroup(loaded, group.folder);
    assert.ok(!link.closed);
    group.run(send);
    const values = map.get(id)!;
    assert.equal(values.length, map.cpus.length);
    assert.ok(sum(values) >= 1n);
  });
});
