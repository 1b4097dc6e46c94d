import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MachineBlock, MachineTerminator } from "../registers/machine.ts";
import { orderBlocks, skipEmptyBlocks } from "./order.ts";

const exit: MachineTerminator = { kind: "exit", source: undefined };

const move = { kind: "move", width: 64, dst: 3, src: 4, source: undefined } as const;

function block(id: number, loopDepth = 0): MachineBlock {
  return { id, operations: [], terminator: exit, loopDepth };
}

function jump(to: MachineBlock): MachineTerminator {
  return { kind: "jump", to, source: undefined };
}

function branch(then: MachineBlock, otherwise: MachineBlock): MachineTerminator {
  const condition = { op: "eq", width: 64, left: 1, right: 0n } as const;
  return { kind: "branch", ...condition, then, else: otherwise, source: undefined };
}

describe("orderBlocks", () => {
  it("puts the loop before the way out, and leaves out what is not reached", () => {
    const [entry, out, head, body, lost] = [block(0), block(1), block(2, 1), block(3, 1), block(4)];
    entry.terminator = jump(head);
    head.terminator = branch(out, body);
    body.terminator = jump(head);
    const order = orderBlocks([entry, out, head, body, lost]);
    assert.deepEqual(
      order.map(({ id }) => id),
      [0, 2, 3, 1],
    );
  });
});

describe("orderBlocks, with endings", () => {
  const ids = (blocks: readonly MachineBlock[]): number[] =>
    orderBlocks(blocks).map(({ id }) => id);

  it("puts what is done under a condition before what follows", () => {
    const [entry, then, after] = [block(0), block(1), block(2)];
    entry.terminator = branch(then, after);
    then.terminator = jump(after);
    assert.deepEqual(ids([entry, then, after]), [0, 1, 2]);
    entry.terminator = branch(after, then);
    assert.deepEqual(ids([entry, then, after]), [0, 1, 2]);
  });

  it("puts an ending behind who jumps to it, so that no jump is needed", () => {
    const [entry, work, drop, pass] = [block(0), block(1), block(2), block(3)];
    entry.terminator = branch(drop, work);
    work.terminator = jump(pass);
    assert.deepEqual(ids([entry, work, drop, pass]), [0, 1, 3, 2]);
  });

  it("puts endings last that all others branch to", () => {
    const [entry, work, more, end] = [block(0), block(1), block(2), block(3)];
    entry.terminator = branch(end, work);
    work.terminator = branch(end, more);
    more.operations.push(...[1, 2, 3].map(() => move));
    assert.deepEqual(ids([entry, work, more, end]), [0, 1, 2, 3]);
  });
});

describe("skipEmptyBlocks", () => {
  it("leads past blocks with nothing but a move to itself", () => {
    const [entry, between, end] = [block(0), block(1), block(2)];
    between.operations.push({ kind: "move", width: 64, dst: 3, src: 3, source: undefined });
    between.terminator = jump(end);
    entry.terminator = branch(between, end);
    skipEmptyBlocks([entry, between, end]);
    assert.deepEqual(entry.terminator, jump(end));
  });

  it("keeps 32-bit moves, which clear the upper half, and ends in loops of nothing", () => {
    const [entry, between, end] = [block(0), block(1), block(2)];
    between.operations.push({ kind: "move", width: 32, dst: 3, src: 3, source: undefined });
    between.terminator = jump(end);
    entry.terminator = jump(between);
    end.terminator = jump(end);
    skipEmptyBlocks([entry, between, end]);
    assert.deepEqual(entry.terminator, jump(between));
  });
});
