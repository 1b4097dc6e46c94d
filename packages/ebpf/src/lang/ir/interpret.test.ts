import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FunctionBuilder } from "./builder.ts";
import { interpret, PlainMemory } from "./interpret.ts";
import type { Value } from "./operation.ts";
import { countFunction, sumFunction } from "./testing-samples.ts";

describe("interpret", () => {
  it("runs loops", () => {
    assert.equal(interpret(sumFunction(), [10n], { memory: new PlainMemory() }), 45n);
    assert.equal(interpret(sumFunction(), [0n], { memory: new PlainMemory() }), 0n);
  });

  it("stores, calls and counts in memory", () => {
    const memory = new PlainMemory();
    const element = new Uint8Array(8);
    const context = memory.add(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0]));
    const found = memory.add(element);
    const seen: bigint[] = [];
    const call = (_callee: unknown, [map, key]: readonly bigint[]): bigint => {
      seen.push(map!, memory.read(key!, 4));
      return found;
    };
    assert.equal(
      interpret(countFunction(), [context], { memory, call, mapAddress: () => 77n }),
      0n,
    );
    assert.deepEqual(seen, [77n, 261n]);
    assert.deepEqual([...element], [5, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("passes all arguments at once", () => {
    const builder = new FunctionBuilder("swap", ["a", "b"]);
    const [a, b] = builder.current.parameters as [Value, Value];
    const [x, y, i] = [{ name: "x" }, { name: "y" }, { name: "i" }];
    for (const [variable, value] of [
      [x, a],
      [y, b],
      [i, 0n],
    ] as const)
      builder.write(variable, value);
    const [head, exit] = [builder.block(), builder.block()];
    builder.jump(head);
    builder.current = head;
    const [oldX, oldY] = [builder.read(x), builder.read(y)];
    builder.write(x, oldY);
    builder.write(y, oldX);
    const add = { kind: "binary", op: "add", width: 64, left: builder.read(i), right: 1n } as const;
    const next = builder.define(add);
    builder.write(i, next);
    builder.branch({ op: "lt", width: 64, left: next, right: 3n }, { then: head, else: exit });
    builder.seal(head);
    builder.seal(exit);
    builder.current = exit;
    builder.return(builder.read(x));
    assert.equal(interpret(builder.function, [1n, 2n], { memory: new PlainMemory() }), 2n);
  });

  it("fails on accesses outside of memory, and on loops without end", () => {
    const memory = new PlainMemory();
    const small = memory.add(new Uint8Array(8));
    assert.throws(() => interpret(countFunction(), [small], { memory }), /4 bytes at 0x100000008/);
    const host = { memory, blockLimit: 50 };
    assert.throws(() => interpret(sumFunction(), [1000n], host), /sum does not end/);
  });
});
