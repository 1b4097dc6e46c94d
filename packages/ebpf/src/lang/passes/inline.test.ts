import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { viewOf } from "../../base/bytes.ts";
import { FunctionBuilder } from "../ir/builder.ts";
import type { IrFunction } from "../ir/function.ts";
import { interpret, type InterpretHost, PlainMemory } from "../ir/interpret.ts";
import type { Value } from "../ir/operation.ts";
import { printFunction } from "../ir/print.ts";
import {
  contextBytes,
  generateFunction,
  inputBytes,
  mapValueBytes,
  Random,
} from "../ir/testing-generator.ts";
import { verifyFunction } from "../ir/verify.ts";
import { inlineCalls } from "./inline.ts";
import { runPasses } from "./run.ts";
import { binary64, functionOf } from "./testing-pass.ts";

/** `(a, b) => { stored = a; return a > b ? stored : 7; }` */
function larger(name: string): IrFunction {
  const builder = new FunctionBuilder(name, ["a", "b"]);
  const [a, b] = builder.current.parameters as [Value, Value];
  const slot = builder.slot("stored", 8, 8);
  builder.effect({ kind: "store-slot", slot, offset: 0, bytes: 8, stored: a });
  const [then, otherwise] = [builder.block(), builder.block()];
  builder.branch({ op: "gt", width: 64, left: a, right: b }, { then, else: otherwise });
  for (const block of [then, otherwise]) builder.seal(block);
  builder.current = then;
  const load = { kind: "load-slot", slot, offset: 0, bytes: 8, signed: false } as const;
  builder.return(builder.define(load));
  builder.current = otherwise;
  builder.return(7n);
  return builder.function;
}

function calling(name: string, times: number): IrFunction {
  return functionOf((builder, a, b) => {
    let sum: Value | bigint = 0n;
    for (let time = 0; time < times; time++) {
      const callee = { kind: "local", name } as const;
      const result = builder.define({ kind: "call", callee, arguments: [a, b], touches: [] });
      sum = builder.define(binary64("add", sum, result));
    }
    builder.return(sum);
  });
}

/** A function with so many operations. */
function long(name: string, operations: number): IrFunction {
  const builder = new FunctionBuilder(name, ["a", "b"]);
  let value = builder.current.parameters[0]!;
  for (let count = 0; count < operations; count++)
    value = builder.define(binary64("add", value, 3n));
  builder.return(value);
  return builder.function;
}

function textOf(main: IrFunction, ...others: readonly IrFunction[]): string {
  inlineCalls([main, ...others]);
  verifyFunction(main, "inlining");
  return printFunction(main);
}

describe("inlineCalls", () => {
  it("gives each call blocks, values and slots of its own", () => {
    const text = textOf(calling("larger", 2), larger("larger"));
    assert.doesNotMatch(text, /call/);
    assert.equal(text.match(/store u64 slot 0 \+ 0, /g)?.length ?? 0, 1);
    assert.equal(text.match(/store u64 slot 1 \+ 0, /g)?.length ?? 0, 1);
    assert.equal(text.match(/return/g)?.length, 1);
  });

  it("leaves long functions that are called more than once", () => {
    assert.match(textOf(calling("f2", 2), long("f2", 33)), /call f2/);
    assert.doesNotMatch(textOf(calling("f2", 2), long("f2", 32)), /call/);
    assert.doesNotMatch(textOf(calling("f2", 1), long("f2", 33)), /call/);
  });

  it("inlines what an inlined function calls", () => {
    const inner = larger("inner");
    const outer = calling("inner", 2);
    const named = { ...outer, name: "outer" };
    assert.doesNotMatch(textOf(calling("outer", 3), inner, named), /call/);
  });

  it("keeps what programs do", () =>
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 3 }), (seed, times) => {
        const callee = { ...generateFunction(seed, { signedDivision: true }), name: "callee" };
        const main = calling("callee", times);
        const expected = outcome([main, callee], seed);
        inlineCalls([main, callee]);
        verifyFunction(main, "inlining");
        assert.deepEqual(outcome([main, callee], seed), expected);
        runPasses(main, { debug: true });
        assert.deepEqual(outcome([main, callee], seed), expected);
      }),
    ));
});

/** What the first function returns that calls the others, with its context and the map value after it. */
function outcome(functions: readonly IrFunction[], seed: number): readonly unknown[] {
  const [random, memory] = [new Random(seed), new PlainMemory()];
  const [context, element] = [new Uint8Array(contextBytes), new Uint8Array(mapValueBytes)];
  const view = viewOf(context);
  for (let at = 0; at < inputBytes; at += 8) view.setBigInt64(at, random.number(), true);
  const [contextAddress, elementAddress] = [memory.add(context), memory.add(element)];
  const host: InterpretHost = {
    memory,
    mapAddress: () => 1n,
    call: (callee, given) => {
      if (callee.kind === "local") {
        return interpret(
          functions.find(({ name }) => name === callee.name)!,
          given,
          host,
        );
      }
      const isElement = callee.name === "map_lookup_elem" && memory.read(given[1]!, 4) === 0n;
      return isElement ? elementAddress : 0n;
    },
  };
  const returned = interpret(functions[0]!, [contextAddress, 0n], host);
  return [returned, context, element];
}
