import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov, sdiv } from "../asm/alu.ts";
import { assemble, type Item, label } from "../asm/assemble.ts";
import { atomicFetchAdd } from "../asm/atomic.ts";
import { call, callKfunc, exit } from "../asm/call.ts";
import { loadFunction, loadMap } from "../asm/wide.ts";
import { r0, r1, r2 } from "../isa/register.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import { newerInstruction } from "./newer-instruction.ts";

describe("newerInstruction", () => {
  const check = (version: KernelVersion, items: Item, feature: string | undefined): void => {
    const end = [mov(r0, 0), exit(), label("end"), mov(r0, 0), exit()];
    const found = newerInstruction(version, assemble([items, end]));
    assert.equal(found && `${found.feature}: ${found.since.join(".")}`, feature);
  };
  const calledBack = "functions of a program that the kernel calls back: 5.13";

  it("names what is newer than the kernel", () => {
    check([6, 5], sdiv(r1, r2), 'the instruction "r1 s/= r2": 6.6');
    check([5, 10], loadFunction(r2, "end"), calledBack);
    check([5, 10], callKfunc(7), "calls of the kernel's functions by programs: 5.13");
    check(
      [5, 11, 22],
      [mov(r2, 1), atomicFetchAdd("u64", r1, 0, r2)],
      'the instruction "r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)": 5.12',
    );
  });
  it("finds nothing in what it knows, nor in maps, which it is given by descriptors", () => {
    check([6, 6], [sdiv(r1, r2), loadFunction(r2, "end"), callKfunc(7)], undefined);
    check([5, 4], [loadMap(r1, "map"), call("map_lookup_elem")], undefined);
  });
});
