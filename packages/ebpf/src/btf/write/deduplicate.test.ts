import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "node:test";
import { InvalidArgumentError, MalformedError } from "../../base/errors.ts";
import { parseBtf } from "../btf.ts";
import { typeId } from "../type-table.ts";
import { voidId, type BtfTypeId } from "../type.ts";
import { deduplicate } from "./deduplicate.ts";
import { mergeBtf } from "./merge.ts";
import { arbitraryTypes } from "../../testing/arbitrary/types.ts";
import { withReferences, type BtfTypeData } from "./type-data.ts";
import { encodeBtf } from "./writer.ts";

const id = (number: number): BtfTypeId => typeId(number);

const ptr = (to: number): BtfTypeData => ({ kind: "ptr", name: "", type: id(to) });
const fwd = (name: string): BtfTypeData => ({ kind: "fwd", name, of: "struct" });
const int = (name = "int"): BtfTypeData => ({
  kind: "int",
  name,
  size: 4,
  bits: 32,
  bitOffset: 0,
  encoding: "signed",
});

/** A struct with one member of each type given, under the names a, b, c… */
const struct = (name: string, ...members: readonly number[]): BtfTypeData => ({
  kind: "struct",
  name,
  size: 8 * members.length,
  members: members.map((type, index) => ({
    name: String.fromCharCode(97 + index),
    type: id(type),
    bitOffset: 64 * index,
    bitfieldSize: 0,
  })),
});

/** What is left of `types`, one word each: kind and name. */
function check(types: readonly BtfTypeData[], expected: string): void {
  const left = deduplicate(types).types.map(({ kind, name }) => `${kind} ${name}`.trim());
  assert.equal(left.join(", "), expected);
}

describe("deduplicate", () => {
  it("makes one of equal types", () => check([int(), int(), int("x")], "int int, int x"));

  it("follows references: pointers to equal types are equal", () =>
    check([int(), ptr(1), int(), ptr(3)], "int int, ptr"));

  it("makes one of lists that refer to themselves", () =>
    check([struct("node", 2), ptr(1), struct("node", 4), ptr(3)], "struct node, ptr"));

  it("makes one of circles of several structs, wherever they start", () =>
    check(
      [
        struct("a", 2),
        ptr(3),
        struct("b", 4),
        ptr(1),
        struct("b", 6),
        ptr(7),
        struct("a", 8),
        ptr(5),
      ],
      "struct a, ptr, struct b, ptr",
    ));

  it("keeps types apart that differ only far behind them", () =>
    check(
      [int("x"), ptr(1), ptr(2), struct("s", 3), int("y"), ptr(5), ptr(6), struct("s", 7)],
      "int x, ptr, ptr, struct s, int y, ptr, ptr, struct s",
    ));

  it("lets a declaration stand for the definition of its name", () =>
    check([fwd("s"), ptr(1), int(), struct("s", 3), ptr(4)], "ptr, int int, struct s"));

  it("does so also where structs differ only in what they declare", () =>
    // The first file declares b and defines a, the second the other way round, the third defines both.
    check(
      [fwd("b"), ptr(1), struct("a", 2)]
        .concat([fwd("a"), ptr(4), struct("b", 5)])
        .concat([struct("a", 8), ptr(9), struct("b", 10), ptr(7)]),
      "ptr, struct a, ptr, struct b",
    ));

  it("leaves a declaration alone that could be of several definitions, or of none", () => {
    check(
      [fwd("s"), ptr(1), int(), struct("s", 3), struct("s", 3, 3)],
      "fwd s, ptr, int int, struct s, struct s",
    );
    check([fwd("s"), fwd("s"), fwd("t")], "fwd s, fwd t");
    check(
      [{ kind: "fwd", name: "s", of: "union" }, int(), struct("s", 2)],
      "fwd s, int int, struct s",
    );
  });

  it("takes an enum without values for a declaration", () => {
    const none: BtfTypeData = { kind: "enum", name: "e", size: 4, signed: false, values: [] };
    check([none, { ...none, values: [{ name: "A", value: 1 }] }, ptr(1), ptr(2)], "enum e, ptr");
  });

  it("does not touch variables and sections", () => {
    const counter: BtfTypeData = { kind: "var", name: "n", type: id(1), linkage: "static" };
    check([int(), counter, counter], "int int, var n, var n");
  });

  it("tells which type stands for which", () => {
    const { types, idOf } = deduplicate([fwd("s"), ptr(1), int(), struct("s", 3), ptr(4)]);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((old) => idOf(id(old))),
      [0, 3, 1, 2, 3, 1],
    );
    assert.deepEqual(types[0], ptr(3));
  });

  it("takes from a base what is there", () => {
    const base = parseBtf(encodeBtf([int(), struct("s", 1)]));
    const { types, idOf } = deduplicate([int(), struct("s", 3), ptr(4), ptr(2)], base);
    assert.deepEqual(types, [ptr(2)]);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((old) => idOf(id(old))),
      [1, 2, 1, 2, 3, 3],
    );
  });

  it("leaves nothing to do for a second time", () =>
    fc.assert(
      fc.property(arbitraryTypes(), (types) => {
        const once = deduplicate(types).types;
        assert.deepEqual(deduplicate(once).types, once);
      }),
    ));

  it("finds a second copy of everything, in any order", () =>
    fc.assert(
      fc.property(arbitraryTypes(), fc.infiniteStream(fc.nat()), (types, random) => {
        const source = types.filter(({ kind }) => kind !== "var" && kind !== "datasec");
        // References to what was filtered out become void.
        const kept = new Map(source.map((type, index) => [types.indexOf(type) + 1, id(index + 1)]));
        const clean = source.map((type) => withReferences(type, (old) => kept.get(old) ?? voidId));
        const order = clean
          .map((_, index) => ({ index, key: random.next().value ?? 0 }))
          .toSorted((left, right) => left.key - right.key)
          .map(({ index }) => index);
        const place = new Map(order.map((old, at) => [old + 1, id(clean.length + at + 1)]));
        const copy = order.map((index) =>
          withReferences(clean[index]!, (old) => place.get(old) ?? voidId),
        );
        const { types: both, idOf } = deduplicate([...clean, ...copy]);
        assert.deepEqual(both, deduplicate(clean).types);
        for (const [old, now] of place) assert.equal(idOf(id(old)), idOf(now));
      }),
    ));
});

describe("mergeBtf", () => {
  it("joins types and tells what became of those of each", () => {
    const [left, right] = [
      parseBtf(encodeBtf([int(), struct("s", 1)])),
      parseBtf(encodeBtf([int("long"), int(), struct("s", 2), ptr(3)])),
    ];
    const { types, idsOf } = mergeBtf([left, right]);
    const btf = parseBtf(encodeBtf(types));
    assert.equal(btf.typeCount, 4);
    assert.deepEqual(
      [0, 1, 2].map((old) => idsOf[0]!(id(old))),
      [0, 1, 2],
    );
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((old) => idsOf[1]!(id(old))),
      [0, 3, 1, 2, 4],
    );
    assert.equal(btf.describe(4), "struct s *");
  });

  it("refuses chains of references that nobody writes, instead of taking hours", () => {
    const chain = (length: number) =>
      parseBtf(encodeBtf([int(), ...Array.from({ length }, (_, at) => ptr(at + 1))]));
    assert.equal(mergeBtf([chain(300), chain(200)]).types.length, 301);
    assert.throws(() => mergeBtf([chain(40_000)]), MalformedError);
  });

  it("refuses split BTF", () => {
    const base = parseBtf(encodeBtf([int()]));
    const split = parseBtf(encodeBtf([ptr(1)], { base }), { base, path: "module" });
    assert.throws(() => mergeBtf([split]), InvalidArgumentError);
  });
});
