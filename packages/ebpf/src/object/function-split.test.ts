import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { parse } from "../isa/parse.ts";
import { programSpec, type ProgramSpec } from "../spec/program-spec.ts";
import { splitFunctions } from "./function-split.ts";

function spec(text: string): ProgramSpec {
  return programSpec({ type: "xdp", name: "main", target: { kind: "none" } }, parse(text));
}

const sample = spec(`
  r1 = map[counts]
  r2 = map[limit][0]+4
  call helper
  call kernel-function#bpf_rcu_read_lock
  r3 = subprog[back]
  r0 = 0
  exit
back:
  call helper
  exit
helper:
  r4 = btf[runqueues]
  r0 = 1
  exit
`);

describe("splitFunctions", () => {
  it("cuts where calls and addresses lead", () => {
    const pieces = splitFunctions(sample).map(({ name, index, start, size }) => {
      return [name, index, start, size];
    });
    assert.deepEqual(pieces, [
      ["main", 0, 0, 80],
      ["back", 7, 80, 16],
      ["helper", 9, 96, 32],
    ]);
  });

  it("finds what instructions refer to", () => {
    const [main, back, helper] = splitFunctions(sample);
    assert.deepEqual(main!.references, [
      { offset: 0, index: 0, to: { kind: "map", name: "counts" } },
      { offset: 16, index: 1, to: { kind: "map-value", name: "limit", offset: 4 } },
      { offset: 32, index: 2, to: { kind: "call", function: 2 } },
      { offset: 40, index: 3, to: { kind: "kfunc", name: "bpf_rcu_read_lock" } },
      { offset: 48, index: 4, to: { kind: "address", function: 1 } },
    ]);
    assert.deepEqual(back!.references, [
      { offset: 0, index: 0, to: { kind: "call", function: 2 } },
    ]);
    assert.deepEqual(helper!.references, [
      { offset: 0, index: 0, to: { kind: "variable", name: "runqueues" } },
    ]);
  });

  it("takes functions and names that the program says", () => {
    const instructions = parse("call pc+1\nexit\nr0 = 0\nexit\nr0 = 1\nexit");
    const functions = [
      { name: "whatever", index: 0, parameters: [] },
      { name: "never called", index: 4, parameters: [] },
    ];
    const given = programSpec({ type: "xdp", name: "a-b", target: { kind: "none" } }, instructions);
    assert.deepEqual(
      splitFunctions({ ...given, functions }).map(({ name, size }) => [name, size]),
      [
        ["a_b", 16],
        ["function_1", 16],
        ["never_called", 16],
      ],
    );
  });

  it("is one function when nothing is called", () =>
    assert.equal(splitFunctions(spec("r0 = 0\nexit")).length, 1));

  it("refuses what holds for one kernel only, and calls that lead nowhere", () => {
    const refuse = (text: string, message: RegExp): void =>
      assert.throws(
        () => splitFunctions(spec(text)),
        (error) => {
          assert.ok(error instanceof InvalidArgumentError);
          assert.match(error.message, message);
          return true;
        },
      );
    refuse("r1 = map[id:4]\nexit", /"main" refers to a map-fd by number/);
    refuse("call kernel-function#77\nexit", /function 77 of the kernel by number/);
    refuse("call pc+7\nexit", /instruction 0 calls a place outside/);
    refuse("call pc-2\nexit", /instruction 0 calls a place outside/);
    refuse("start: r0 = 0\ncall start\nexit", /calls its main function/);
  });
});
