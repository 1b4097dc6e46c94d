import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r0, r1 } from "../isa/register.ts";
import { BusyError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { loadProgram } from "../program/load.ts";
import type { Program } from "../program/program.ts";
import { freplace } from "../spec/freplace.ts";
import { program } from "../spec/program.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { fentry, fexit } from "../spec/trampoline.ts";
import { xdp } from "../spec/xdp.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { attach } from "./attach.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = kernelUnderTest();
const data = new Uint8Array(64);
const returns = (value: number): readonly Instruction[] => assemble([mov(r0, value), exit()]);

/** Returns what its global function `choose` makes of 3: 4. */
const whole: ProgramSpec = {
  ...program("xdp", [
    { kind: "alu", op: "mov", width: 64, dst: "r1", src: 3 },
    { kind: "call-local", target: "choose" },
    { kind: "exit" },
    { kind: "alu", op: "mov", width: 64, dst: "r0", src: "r1", label: "choose" },
    { kind: "alu", op: "add", width: 64, dst: "r0", src: 1 },
    { kind: "exit" },
  ]),
  name: "whole",
  functions: [
    { name: "onPacket", index: 0, parameters: [{ name: "ctx", type: "pointer" }] },
    { name: "choose", index: 3, parameters: [{ name: "value", type: "u64" }], linkage: "global" },
  ],
};

const canAttach = { skip: isAtLeast(kernel.version, [5, 10]) ? false : "Linux has it since 5.10" };

describe("a replacement", needs("root", "bpf", "btf", "fentry"), () => {
  it("runs in the stead of a main function", canAttach, () => {
    const other = freplace(whole, returns(2));
    using loaded = loadCollection(kernel, { other, whole });
    assert.equal(loaded.whole.run({ data }).returnValue, 4);
    loaded.attach("other");
    assert.equal(loaded.whole.run({ data }).returnValue, 2);
    const info = loaded.links.get("other")!.info();
    assert.ok(info.type === "tracing");
    loaded.detach();
    assert.equal(loaded.whole.run({ data }).returnValue, 4);
  });

  it("runs in the stead of a function that is called", canAttach, () => {
    const code = assemble([mov(r0, r1), ...returns(7).slice(1)]);
    const other = freplace(whole, code, {
      function: "choose",
      parameters: [{ name: "value", type: "u64" }],
    });
    using loaded = loadCollection(kernel, { whole, other });
    loaded.attach("other");
    assert.equal(loaded.whole.run({ data }).returnValue, 3);
  });

  it("is written in TypeScript", canAttach, async () => {
    const replaced = xdp(
      () => {
        "use bpf";
        return 1;
      },
      { name: "replaced" },
    );
    const other = freplace(
      replaced,
      (ctx: { readonly data: number; readonly data_end: number }) => {
        "use bpf";
        return ctx.data_end - ctx.data;
      },
    );
    using loaded = await compileAndLoad(kernel, { replaced, other });
    loaded.attach("other");
    assert.equal(loaded.replaced.run({ data }).returnValue, data.length);
  });

  it("is seen where it starts and returns, as other functions of programs", canAttach, () => {
    const seen = fentry("choose", counting(), { program: whole });
    const result = fexit("onPacket", counting(), { program: whole });
    using loaded = loadCollection(kernel, { hits, result, whole, seen });
    loaded.attach();
    loaded.whole.run({ data });
    assert.equal(loaded.hits.value, 2n);
    loaded.detach();
    loaded.whole.run({ data });
    assert.equal(loaded.hits.value, 2n);
  });

  it("is for a program of another collection, which is given when loading", canAttach, async () => {
    using base = loadProgram(kernel, whole);
    const other = freplace(whole, returns(8));
    await assert.rejects(compileAndLoad(kernel, { other }), /"whole", which is not there/);
    using loaded = await compileAndLoad(kernel, { other }, { replaces: [base] });
    loaded.attach();
    assert.equal(base.run({ data }).returnValue, 8);
    loaded.detach();
    assert.equal(base.run({ data }).returnValue, 4);
  });

  it("is alone at its function, and attached once", canAttach, () => {
    using base = loadProgram(kernel, whole);
    const load = (spec: ProgramSpec): Program =>
      loadProgram(kernel, spec, new Map(), { replaces: base });
    using first = load(freplace(whole, returns(5)));
    using second = load(freplace(whole, returns(6)));
    using seen = load(fentry("onPacket", returns(0), { program: whole }));
    const link = attach(first);
    assert.throws(() => attach(second), BusyError);
    assert.throws(() => attach(seen), BusyError);
    link.close();
    using watching = attach(seen);
    assert.equal(base.run({ data }).returnValue, 4);
    assert.throws(() => attach(second), BusyError);
    watching.close();
    using other = attach(second);
    assert.equal(base.run({ data }).returnValue, 6);
    other.close();
    assert.throws(() => attach(first), SyscallError);
  });

  it("is for a program that was loaded before", canAttach, () => {
    using base = loadProgram(kernel, whole);
    using other = loadProgram(kernel, freplace(whole, returns(9)), new Map(), { replaces: base });
    using link = attach(other);
    assert.equal(link.kind, "tracing");
    assert.equal(base.run({ data }).returnValue, 9);
  });
});

describe("a replacement that cannot be meant", needs("root", "bpf", "btf"), () => {
  const refuses = (act: () => unknown, message: RegExp): void =>
    assert.throws(
      act,
      (error) => error instanceof InvalidArgumentError && message.test(error.format()),
    );

  it("is for a program without a name", () =>
    refuses(
      () => freplace(program("xdp", returns(1)), returns(2)),
      /without a name[^]*give it one/,
    ));
  it("is for a program that is not there", () =>
    refuses(
      () => loadCollection(kernel, { other: freplace(whole, returns(2)) }),
      /program "other" is for program "whole", which is not there[^]*replaces/,
    ));
  it("is for a function that is not there", () =>
    refuses(
      () =>
        loadCollection(kernel, {
          whole,
          other: freplace(whole, returns(2), { function: "chose" }),
        }),
      /has no function "chose"[^]*did you mean "choose"/,
    ));
  it("is for a program that says nothing of its functions", () => {
    const silent = { ...program("xdp", returns(1)), name: "silent" };
    refuses(
      () => loadCollection(kernel, { silent, other: freplace(silent, returns(2)) }),
      /says nothing/,
    );
  });
});
