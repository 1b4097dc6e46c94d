import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  firstVirtual,
  type MachineBlock,
  type MachineFunction,
  type MachineOperation,
} from "./machine.ts";
import { shareSpillSlots } from "./share-slots.ts";
import { Spiller } from "./spill.ts";

const [value, other] = [firstVirtual, firstVirtual + 1];
const source = undefined;
const memory = { base: 1, offset: 0, bytes: 2, signed: false, source } as const;
const load: MachineOperation = { kind: "load", dst: value, ...memory };
const swap: MachineOperation = { kind: "swap", order: "network", bits: 16, dst: value, source };
const keep: MachineOperation = { kind: "move", width: 64, dst: other, src: value, source };
const constant: MachineOperation = { kind: "move", width: 64, dst: value, src: 0n, source };
const callee = { kind: "helper", id: 5, name: "ktime_get_ns" } as const;
const call: MachineOperation = { kind: "call", callee, argumentCount: 0, source };

function block(id: number, ...operations: MachineOperation[]): MachineBlock {
  const copies = operations.map((operation) => ({ ...operation }));
  return { id, operations: copies, terminator: { kind: "exit", source }, loopDepth: 0 };
}

function functionOf(...blocks: MachineBlock[]): MachineFunction {
  return { name: "f", blocks, slots: [], spills: [], nextVirtual: firstVirtual + 2 };
}

function kinds({ operations }: MachineBlock): string[] {
  return operations.map((operation) => {
    const isSpill = "base" in operation && typeof operation.base !== "number";
    return isSpill ? `${operation.kind} spilled` : operation.kind;
  });
}

describe("Spiller", () => {
  /** What is left of `operations` when `value` is spilled, once or a second time, by kind. */
  function kindsAfter(times: number, ...operations: readonly MachineOperation[]): string[] {
    const fn = functionOf(block(0, ...operations));
    const spiller = new Spiller(fn);
    for (let time = 0; time < times; time++) spiller.spill([value]);
    shareSpillSlots(fn);
    return kinds(fn.blocks[0]!);
  }

  it("stores behind a write, and loads where a call has been since", () =>
    assert.deepEqual(kindsAfter(1, load, call, keep), [
      "load",
      "store spilled",
      "call",
      "load spilled",
      "move",
    ]));

  it("reads the register until a call, and loads once between calls", () =>
    assert.deepEqual(kindsAfter(1, load, keep, call, keep, keep, call, keep), [
      "load",
      "store spilled",
      "move",
      "call",
      "load spilled",
      "move",
      "move",
      "call",
      "load spilled",
      "move",
    ]));

  it("changes what was loaded, and stores only what is loaded again", () =>
    assert.deepEqual(kindsAfter(1, load, swap, call, swap, keep), [
      "load",
      "swap",
      "store spilled",
      "call",
      "load spilled",
      "swap",
      "move",
    ]));

  it("loads at each use what is spilled a second time", () =>
    assert.deepEqual(kindsAfter(2, load, keep, call, keep), [
      "load",
      "store spilled",
      "load spilled",
      "move",
      "call",
      "load spilled",
      "move",
    ]));

  it("makes constants anew", () => {
    assert.deepEqual(kindsAfter(1, constant, call, keep, keep), [
      "call",
      "move",
      "move",
      "move",
      "move",
    ]);
    assert.deepEqual(kindsAfter(1, constant, swap, call, keep), [
      "move",
      "swap",
      "store spilled",
      "call",
      "load spilled",
      "move",
    ]);
  });

  it("takes a register for good only where every way leads past a write without a call", () => {
    const [entry, calling, quiet, end] = [block(0, load), block(1, call), block(2), block(3, keep)];
    const condition = { op: "eq", width: 64, left: other, right: 0n } as const;
    entry.terminator = { kind: "branch", ...condition, then: calling, else: quiet, source };
    calling.terminator = { kind: "jump", to: end, source };
    quiet.terminator = { kind: "jump", to: end, source };
    quiet.operations.push({ ...keep });
    const fn = functionOf(entry, calling, quiet, end);
    new Spiller(fn).spill([value]);
    assert.deepEqual(fn.blocks.map(kinds), [
      ["load", "store spilled"],
      ["call"],
      ["move"],
      ["load spilled", "move"],
    ]);
  });
});
