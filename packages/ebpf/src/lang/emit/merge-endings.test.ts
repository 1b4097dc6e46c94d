import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MachineBlock, MachineOperation } from "../registers/machine.ts";
import { mergeEndings } from "./merge-endings.ts";

const source = undefined;
const returns = (src: bigint | number, dst = 0): MachineOperation => ({
  kind: "move",
  width: 64,
  dst,
  src,
  source,
});
const call: MachineOperation = {
  kind: "call",
  callee: { kind: "helper", id: 5, name: "ktime_get_ns" },
  argumentCount: 0,
  source,
};

function ending(id: number, ...operations: MachineOperation[]): MachineBlock {
  return { id, operations, terminator: { kind: "exit", source }, loopDepth: 0 };
}

/** How blocks end after endings were merged: the number of the block they jump to, or `exit`. */
function merged(...blocks: MachineBlock[]): (number | "exit")[] {
  mergeEndings(blocks);
  return blocks.map(({ terminator }) => (terminator.kind === "jump" ? terminator.to.id : "exit"));
}

describe("mergeEndings", () => {
  it("leads to the block that only ends", () => {
    const work = ending(0, call, returns(0n));
    assert.deepEqual(merged(work, ending(1, returns(0n)), ending(2, call, returns(0n))), [
      1,
      "exit",
      1,
    ]);
    assert.deepEqual(work.operations, [call]);
  });

  it("makes such a block where there is none", () => {
    const blocks = [ending(0, call, returns(2n)), ending(4, call, returns(2n))];
    mergeEndings(blocks);
    assert.deepEqual(blocks[2], ending(5, returns(2n)));
    assert.deepEqual(merged(...blocks), [5, 5, "exit"]);
  });

  it("keeps apart what returns different numbers, registers, or once", () => {
    assert.deepEqual(merged(ending(0, returns(0n)), ending(1, returns(1n))), ["exit", "exit"]);
    assert.deepEqual(merged(ending(0, returns(6)), ending(1, returns(6))), ["exit", "exit"]);
    assert.deepEqual(merged(ending(0, returns(1n, 2)), ending(1, returns(1n, 2))), [
      "exit",
      "exit",
    ]);
  });

  it("leaves the first block where it is", () =>
    assert.deepEqual(merged(ending(0, returns(0n)), ending(1, returns(0n))), [1, "exit"]));
});
