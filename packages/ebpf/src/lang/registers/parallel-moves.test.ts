import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Operand, Value } from "../ir/operation.ts";
import { sequence, type Move } from "./parallel-moves.ts";

const scratch = 100 as Value;

function move(to: number, from: number | bigint): Move {
  return { to: to as Value, from: from as Operand };
}

describe("sequence", () => {
  function check(moves: Move[], expected: Move[]): void {
    assert.deepEqual(
      sequence(moves, () => scratch),
      expected,
    );
  }

  it("leaves out moves to oneself", () => check([move(1, 1)], []));
  it("reads before it overwrites", () => check([move(1, 2), move(3, 1)], [move(3, 1), move(1, 2)]));
  it("puts one aside in a ring", () =>
    check([move(1, 2), move(2, 1)], [move(100, 1), move(1, 2), move(2, 100)]));
  it("takes constants", () => check([move(1, 5n), move(2, 1)], [move(2, 1), move(1, 5n)]));

  it("has the effect of all moves at once", () => {
    const operand = fc.oneof(fc.nat(7), fc.bigInt(0n, 9n));
    const anyMoves = fc.uniqueArray(fc.record({ to: fc.nat(7), from: operand }), {
      selector: ({ to }) => to,
    });
    fc.assert(
      fc.property(anyMoves, (wanted) => {
        const before = [10n, 11n, 12n, 13n, 14n, 15n, 16n, 17n];
        const read = (places: readonly bigint[], from: Operand): bigint =>
          typeof from === "bigint" ? from : places[from]!;
        const expected = before.slice();
        for (const { to, from } of wanted) expected[to] = read(before, from as Operand);
        const places = before.slice();
        let next = 8;
        const moves = wanted.map(({ to, from }) => move(to, from));
        for (const { to, from } of sequence(moves, () => next++ as Value)) {
          places[to] = read(places, from);
        }
        assert.deepEqual(places.slice(0, 8), expected);
      }),
    );
  });
});
