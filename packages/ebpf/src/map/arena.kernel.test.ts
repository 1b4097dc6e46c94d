import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, addrSpaceCast, mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { callKfunc, exit } from "../asm/call.ts";
import { jeq } from "../asm/jump.ts";
import { st, stx } from "../asm/memory.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { r0, r1, r2, r6 } from "../isa/register.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { loadProgram } from "../program/load.ts";
import { arena } from "../spec/arena.ts";
import { program } from "../spec/program.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needsMap } from "../testing/needs-map.ts";
import { createMap } from "./create.ts";

const kernel = kernelUnderTest();
const Point = struct("point", { x: u32, y: u64 });
const spec = arena("shared", 16);

/**
 * Takes two pages; stores a number in the first, and in the first's second word the address of the other, where it stores
 * a number, too. Returns the lower half of the address of the first.
 */
const takesPages = assemble([
  callKfunc("bpf_arena_alloc_pages", spec, 0, 2, -1, 0),
  jeq(r0, 0, "out"),
  mov(r6, r0),
  addrSpaceCast(r1, r6, { to: 0, from: 1 }),
  st("u64", r1, 0, 77),
  mov(r2, r6),
  // The second page.
  add(r2, 4096),
  addrSpaceCast(r2, r2, { to: 0, from: 1 }),
  st("u32", r2, 0, 5),
  addrSpaceCast(r2, r2, { to: 1, from: 0 }),
  stx("u64", r1, 8, r2),
  mov(r0, r6),
  label("out"),
  exit(),
]);

describe("an arena", needsMap("arena"), () => {
  it("is memory of user space", () => {
    using map = createMap(kernel, spec);
    assert.equal(map.sizeBytes, 16 * kernel.pageBytes);
    assert.equal(map.read(u64, 4096), 0n);
    map.write(Point, 8192, { x: 1, y: 2n });
    assert.deepEqual({ ...map.read(Point, 8192) }, { x: 1, y: 2n });
    assert.equal(map.bytes[8192], 1);
  });

  it("has no room outside", () => {
    using map = createMap(kernel, arena("small", 1));
    const end = kernel.pageBytes;
    for (const offset of [-8, end - 4, end, 0.5, Number.NaN]) {
      assert.throws(() => map.read(u64, offset), InvalidArgumentError);
      assert.throws(() => map.write(u64, offset, 1n), InvalidArgumentError);
    }
    assert.equal(map.read(u64, end - 8), 0n);
    assert.throws(() => map.offsetOf(0n), InvalidArgumentError);
  });

  it("has pages that programs take, and shows what they store", () => {
    using other = createMap(kernel, spec);
    using map = createMap(kernel, spec);
    other.write(u64, 0, 77n);
    const maps = new Map([[spec.name, map.handle]]);
    using taking = loadProgram(
      kernel,
      program("syscall", takesPages, { flags: ["sleepable"] }),
      maps,
    );
    const low = BigInt(taking.run().returnValue);
    assert.notEqual(low, 0n);
    const first = [...Array(16).keys()].find((page) => map.read(u64, page * 4096) === 77n);
    assert.ok(first !== undefined, "the number is in no page");
    const second = map.offsetOf(map.read(u64, first * 4096 + 8));
    assert.equal(map.read(u32, second), 5);
    map.write(u32, second, 6);
    assert.equal(map.read(u32, second), 6);
  });

  it("is gone when it is closed", () => {
    const map = createMap(kernel, spec);
    map.close();
    map.close();
    assert.throws(() => map.read(u64, 0), ClosedError);
    assert.throws(() => map.bytes, ClosedError);
  });
});
