import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { format } from "../isa/format.ts";
import { r1, r2, r6 } from "../isa/register.ts";
import { chars } from "../layout/chars.ts";
import { u16, u32, u64, u8 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { assemble, type Item } from "./assemble.ts";
import {
  fieldAddress,
  fieldAt,
  fieldOf,
  loadField,
  loadFrom,
  storeField,
  storeTo,
} from "./field.ts";
import { at } from "./place.ts";
import { stackFrame, stackSize, zero } from "./stack.ts";

const Exec = struct("exec", { ts: u64, pid: u32, flags: u16, kind: u8, comm: chars(16) });
const check = (item: Item, ...lines: readonly string[]): void =>
  assert.deepEqual(
    assemble(item).map((instruction) => format(instruction)),
    lines,
  );
const checkError = (run: () => unknown, message: string, hint?: string): void =>
  assert.throws(run, (error) => {
    assert.ok(error instanceof InvalidArgumentError);
    assert.deepEqual([error.message, error.hint], [message, hint]);
    return true;
  });

describe("fields", () => {
  it("are loaded with their offset and size", () => {
    check(loadField(r1, r6, Exec, "ts"), "r1 = *(u64 *)(r6 +0)");
    check(loadField(r1, r6, Exec, "pid"), "r1 = *(u32 *)(r6 +8)");
    check(loadField(r1, r6, Exec, "flags"), "r1 = *(u16 *)(r6 +12)");
    check(loadField(r1, at(r6, 100), Exec, "kind"), "r1 = *(u8 *)(r6 +114)");
  });
  it("are stored from registers and numbers", () => {
    check(storeField(r6, Exec, "pid", r2), "*(u32 *)(r6 +8) = r2");
    check(storeField(at(r6, -32), Exec, "kind", 7), "*(u8 *)(r6 -18) = 7");
  });
  it("have addresses", () => check(fieldAddress(r1, r6, Exec, "comm"), "r1 = r6", "r1 += 15"));
  it("can come from elsewhere, as offset and size", () => {
    const pid = { offset: 2544, size: 4 };
    check(loadFrom(r1, fieldAt(r6, pid)), "r1 = *(u32 *)(r6 +2544)");
    check(storeTo(fieldAt(r6, pid), 1), "*(u32 *)(r6 +2544) = 1");
  });
  it("are places with their size", () => {
    assert.deepEqual(fieldOf(Exec, "comm"), { offset: 15, size: 16 });
    assert.deepEqual(fieldAt(at(r6, 8), fieldOf(Exec, "comm")), { base: r6, offset: 23, size: 16 });
  });
  it("must exist", () => {
    checkError(
      () => loadField(r1, r6, Exec, "pdi" as "pid"),
      'struct exec has no field "pdi"',
      'did you mean "pid"?',
    );
    checkError(() => fieldOf(Exec, "toString" as "pid"), 'struct exec has no field "toString"');
  });
  it("must fit into a register", () =>
    checkError(
      () => loadField(r1, r6, Exec, "comm"),
      "struct exec, comm: 16 bytes do not fit into a register",
      "take the address and copy, for example with probe_read_kernel",
    ));
});

describe("stack frame", () => {
  it("gives out slots from the top down, aligned", () => {
    const stack = stackFrame();
    assert.deepEqual(stack.slot(u32), { base: "r10", offset: -4, size: 4 });
    assert.deepEqual(stack.slot(u8), { base: "r10", offset: -5, size: 1 });
    assert.deepEqual(stack.slot(u64), { base: "r10", offset: -16, size: 8 });
    assert.deepEqual(stack.bytes(3), { base: "r10", offset: -24, size: 3 });
    assert.deepEqual(stack.slot(Exec), { base: "r10", offset: -56, size: 32 });
    assert.equal(stack.used, 56);
  });
  it("gives out all 512 bytes and no more", () => {
    const stack = stackFrame();
    assert.equal(stack.bytes(stackSize).offset, -512);
    checkError(
      () => stack.slot(u8),
      "no room for 1 byte on the stack: 512 of 512 are used",
      "keep large values in a per-CPU array",
    );
    checkError(
      () => stackFrame().bytes(513),
      "no room for 513 bytes on the stack: 0 of 512 are used",
      "keep large values in a per-CPU array",
    );
  });
  it("has no empty slots", () => {
    for (const size of [0, -8, 1.5])
      assert.throws(() => stackFrame().bytes(size), InvalidArgumentError);
  });
  it("is filled with zeros in aligned steps", () => {
    check(zero(stackFrame().bytes(16)), "*(u64 *)(r10 -16) = 0", "*(u64 *)(r10 -8) = 0");
    check(
      zero({ base: "r10", offset: -15, size: 15 }),
      "*(u8 *)(r10 -15) = 0",
      "*(u16 *)(r10 -14) = 0",
      "*(u32 *)(r10 -12) = 0",
      "*(u64 *)(r10 -8) = 0",
    );
    check(
      zero({ base: "r10", offset: -8, size: 3 }),
      "*(u16 *)(r10 -8) = 0",
      "*(u8 *)(r10 -6) = 0",
    );
  });
});
