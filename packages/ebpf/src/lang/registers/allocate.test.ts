import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateFunction } from "../ir/testing-generator.ts";
import { countFunction } from "../ir/testing-samples.ts";
import { allocateRegisters } from "./allocate.ts";
import { isVirtual, visitOperation, visitTerminator, type MachineFunction } from "./machine.ts";
import { selectInstructions } from "./select.ts";
import { removeUnreachable } from "../passes/reachable.ts";

function allocated(seed: number): MachineFunction {
  const fn = generateFunction(seed, { signedDivision: true });
  removeUnreachable(fn);
  const machine = selectInstructions(fn);
  allocateRegisters(machine);
  return machine;
}

describe("allocateRegisters", () => {
  it("leaves no virtual place", () => {
    const check = (place: number): number => {
      assert.ok(!isVirtual(place));
      return place;
    };
    const visitor = { read: check, write: check, modify: check };
    for (let seed = 1; seed < 30; seed++) {
      for (const { operations, terminator } of allocated(seed).blocks) {
        for (const operation of operations) visitOperation(operation, visitor);
        visitTerminator(terminator, visitor);
      }
    }
  });

  it("spills what does not fit, to 8 aligned bytes each", () => {
    const spilled = [...Array(30).keys()].flatMap((seed) =>
      allocated(seed).slots.filter(({ name }) => name === "spilled"),
    );
    assert.ok(spilled.length > 0);
    assert.ok(spilled.every(({ size, alignment }) => size === 8 && alignment === 8));
  });

  it("keeps what outlives a call in r6 to r9, and spills nothing without need", () => {
    const machine = selectInstructions(countFunction());
    allocateRegisters(machine);
    assert.deepEqual(
      machine.slots.map(({ name }) => name),
      ["key"],
    );
    const [first] = machine.blocks[0]!.operations;
    assert.ok(first?.kind === "move" && first.dst === 6 && first.src === 1);
  });
});
