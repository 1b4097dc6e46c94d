import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { format } from "../isa/format.ts";
import { r0, r1 } from "../isa/register.ts";
import { mov } from "./alu.ts";
import { assemble, type Item, label, skip, slotsOf } from "./assemble.ts";
import { callLocal, exit } from "./call.ts";
import { ja, jeq } from "./jump.ts";
import { loadFunction, loadImm64 } from "./wide.ts";

const check = (item: Item, ...lines: readonly string[]): void =>
  assert.equal(format(assemble(item)), lines.join("\n"));
const checkError = (item: Item, message: string): void =>
  assert.throws(
    () => assemble(item),
    (error) => error instanceof InvalidArgumentError && error.message === message,
  );

describe("assemble", () => {
  it("makes nothing of nothing", () => assert.deepEqual(assemble(), []));
  it("flattens lists in lists", () =>
    check([[mov(r0, 0), [[]]], [[exit()]]], "   0: (b7) r0 = 0", "   1: (95) exit"));
  it("freezes the list and its instructions, also foreign ones", () => {
    const program = assemble(label("x"), { kind: "exit" }, { kind: "exit" });
    assert.ok(Object.isFrozen(program) && program.every(Object.isFrozen));
  });
});

describe("labels", () => {
  it("name the instruction behind them", () =>
    check(
      [jeq(r1, 0, "out"), mov(r0, 1), label("out"), exit()],
      "   0: (15) if r1 == 0x0 goto out",
      "   1: (b7) r0 = 1",
      "out:",
      "   2: (95) exit",
    ));
  it("name the first instruction of the list behind them", () =>
    check(
      [ja("out"), label("out"), [[], [exit()]]],
      "   0: (05) goto out",
      "out:",
      "   1: (95) exit",
    ));
  it("in one place become one", () =>
    check(
      [
        ja("b"),
        callLocal("c"),
        loadFunction(r1, "b"),
        jeq(r1, 0, "a"),
        label("a"),
        [label("b")],
        { ...exit(), label: "c" },
      ],
      "   0: (05) goto a",
      "   1: (85) call a",
      "   2: (18) r1 = subprog[a]",
      "   4: (15) if r1 == 0x0 goto a",
      "a:",
      "   5: (95) exit",
    ));
  it("do not touch numbers when they become one", () =>
    check(
      [ja(0), label("a"), label("b"), loadImm64(r1, 1n)],
      "   0: (05) goto pc+0",
      "a:",
      "   1: (18) r1 = 0x1",
    ));
  it("need an instruction behind them", () =>
    checkError([exit(), label("end")], 'label "end" stands behind the last instruction'));
  it("cannot stand twice in one place", () =>
    checkError([label("a"), label("a"), exit()], 'label "a" stands twice'));
  it("have names that parse", () => {
    for (const name of ["", "1a", "a b", "a:", "a-b"]) {
      assert.throws(() => label(name), InvalidArgumentError, name);
    }
    for (const name of ["a", ".L1", "$x", "_9"]) assert.equal(label(name).name, name);
  });
});

describe("slots", () => {
  it("are counted through lists, without labels", () =>
    assert.equal(slotsOf([exit(), [loadImm64(r1, 1n), label("x")], label("y")]), 3));
  it("are passed over by a jump", () =>
    check(
      [skip((over) => jeq(r0, 0, over), [loadImm64(r1, 1n), [label("x"), mov(r0, 0)]]), exit()],
      "   0: (15) if r0 == 0x0 goto pc+3",
      "   1: (18) r1 = 0x1",
      "x:",
      "   3: (b7) r0 = 0",
      "   4: (95) exit",
    ));
});
