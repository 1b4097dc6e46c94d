import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { jeq } from "../asm/jump.ts";
import { st } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { r0, r6, r10 } from "../isa/register.ts";
import { u32, u64 } from "../layout/integer.ts";
import { chars } from "../layout/chars.ts";
import { spinLock, timer } from "../layout/opaque.ts";
import { struct } from "../layout/struct.ts";
import { loadProgram } from "../program/load.ts";
import { arrayMap } from "../spec/array-map.ts";
import { hashMap } from "../spec/hash-map.ts";
import { program } from "../spec/program.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { createMap } from "./create.ts";

const kernel = kernelUnderTest();
const Account = struct("account", { lock: spinLock, count: u32, at: timer, owner: chars(8) });

describe("maps whose values hold a lock and a timer", needs("root", "bpf"), () => {
  it("are created, and keep what user space writes beside them", () => {
    using accounts = createMap(kernel, hashMap("accounts", u64, Account, 4));
    accounts.set(7n, { count: 3, owner: "me" });
    assert.deepEqual(accounts.get(7n), { count: 3, owner: "me" });
    using slots = createMap(kernel, arrayMap("slots", Account, 2));
    slots.set(1, { count: 5, owner: "you" });
    assert.deepEqual(slots.get(1), { count: 5, owner: "you" });
    assert.deepEqual(slots.get(0), { count: 0, owner: "" });
  });

  it("are locked by programs", () => {
    const spec = arrayMap("slots", Account, 1);
    using slots = createMap(kernel, spec);
    const { lock, count } = Account.fields;
    const instructions = assemble([
      st("u32", r10, -4, 0),
      call("map_lookup_elem", spec, at(r10, -4)),
      jeq(r0, 0, "out"),
      mov(r6, r0),
      call("spin_lock", at(r6, lock.offset)),
      st("u32", r6, count.offset, 9),
      call("spin_unlock", at(r6, lock.offset)),
      label("out"),
      mov(r0, 0),
      exit(),
    ]);
    const maps = new Map([[spec.name, slots.handle]]);
    using locking = loadProgram(kernel, program("xdp", instructions), maps);
    locking.run({ data: new Uint8Array(64) });
    assert.equal(slots.get(0)?.count, 9);
  });

  it("are printed by bpftool with the names of the fields", needs("bpftool"), () => {
    using accounts = createMap(kernel, hashMap("accounts", u64, Account, 4));
    accounts.set(7n, { count: 3, owner: "me" });
    const args = ["map", "dump", "id", String(accounts.id)];
    const { status, stdout, stderr } = spawnSync("bpftool", args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /"key": 7/);
    assert.match(stdout, /"count": 3/);
    assert.match(stdout, /"owner": "me"/);
  });
});
