import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type {
  AluOperation,
  AtomicOperation,
  Comparison,
  Instruction,
  SourceLine,
} from "../../isa/instruction.ts";
import { createMachine } from "./create-machine.ts";
import { MachineFault } from "./fault.ts";
import type { Engine, Environment, Helper, Program } from "./machine.ts";

const engines: readonly Engine[] = ["interpret", "compile"];
const exit: Instruction = { kind: "exit" };
const max = 0xffff_ffff_ffff_ffffn;
const wide = (dst: "r0" | "r1" | "r2" | "r3", value: bigint): Instruction => ({
  kind: "wide-load",
  dst,
  value,
});

function check(
  code: readonly Instruction[],
  expected: bigint,
  environment: Environment = {},
): void {
  for (const engine of engines) {
    const machine = createMachine({ engine, environment });
    const program = machine.program(code);
    assert.equal(program.engine, engine);
    assert.equal(machine.run(program), expected, engine);
  }
}

function checkFault(code: readonly Instruction[], expected: RegExp): void {
  for (const engine of engines) {
    const machine = createMachine({ engine, budget: 1000 });
    const program = machine.program(code);
    assert.throws(
      () => machine.run(program),
      (error) => error instanceof MachineFault && expected.test(error.message),
      engine,
    );
    assert.equal(machine.run(machine.program([wide("r0", 1n), exit])), 1n);
  }
}

describe("arithmetic of both engines", () => {
  // oxlint-disable-next-line max-params -- one case on each line
  const alu = (op: AluOperation, width: 32 | 64, a: bigint, b: bigint, expected: bigint): void =>
    check(
      [wide("r0", a), wide("r1", b), { kind: "alu", op, width, dst: "r0", src: "r1" }, exit],
      expected,
    );
  it("follows RFC 9669 §4.1 at the edges", () => {
    alu("add", 64, max, 1n, 0n);
    alu("add", 32, max, 1n, 0n);
    alu("sub", 64, 0n, 1n, max);
    alu("mul", 64, max, max, 1n);
    alu("mul", 64, 0x1_0000_0001n, 0xffff_ffffn, 0xffff_ffff_0000_0000n + 0xffff_ffffn);
    alu("div", 64, 7n, 0n, 0n);
    alu("mod", 64, max, 0n, max);
    alu("mod", 32, max, 0n, 0xffff_ffffn);
    alu("sdiv", 64, 1n << 63n, max, 1n << 63n);
    alu("smod", 64, 1n << 63n, max, 0n);
    alu("sdiv", 32, 0x8000_0000n, 0xffff_ffffn, 0x8000_0000n);
    alu("sdiv", 64, max - 6n, 2n, max - 2n);
    alu("smod", 64, max - 6n, 2n, max);
    alu("lsh", 64, 1n, 65n, 2n);
    alu("lsh", 32, 1n, 33n, 2n);
    alu("rsh", 64, 1n << 63n, 63n, 1n);
    alu("arsh", 64, 1n << 63n, 63n, max);
    alu("arsh", 32, 0x8000_0000n, 31n, 0xffff_ffffn);
  });

  it("is the same in both for random programs", () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryStep, { maxLength: 30 }),
        fc.array(fc.bigInt(0n, max), { minLength: 4, maxLength: 4 }),
        agree,
      ),
      { numRuns: 2000 },
    );
  });
});

const register = fc.constantFrom("r0", "r1", "r2", "r3");
const width = fc.constantFrom(32, 64);
const operand = fc.oneof(
  register,
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  fc.integer({ min: -2, max: 66 }),
);
const operations: readonly AluOperation[] = [
  "add",
  "sub",
  "mul",
  "div",
  "sdiv",
  "or",
  "and",
  "lsh",
  "rsh",
  "mod",
  "smod",
  "xor",
  "mov",
  "arsh",
];
const comparisons: readonly Comparison[] = [
  "eq",
  "gt",
  "ge",
  "set",
  "ne",
  "sgt",
  "sge",
  "lt",
  "le",
  "slt",
  "sle",
];
const atomics: readonly AtomicOperation[] = [
  "add",
  "or",
  "and",
  "xor",
  "fetch_add",
  "fetch_or",
  "fetch_and",
  "fetch_xor",
  "xchg",
  "cmpxchg",
];
const offset = fc.integer({ min: -64, max: -1 }).map((n) => n * 8);
const arbitraryStep = fc.oneof(
  fc.record({
    kind: fc.constant("alu"),
    op: fc.constantFrom(...operations),
    width,
    dst: register,
    src: operand,
  }),
  fc.record({ kind: fc.constant("negate"), width, dst: register }),
  fc.record({
    kind: fc.constant("byte-swap"),
    order: fc.constantFrom("le", "be", "bswap"),
    bits: fc.constantFrom(16, 32, 64),
    dst: register,
  }),
  fc.record({
    kind: fc.constant("movsx"),
    width: fc.constant(64),
    from: fc.constantFrom("s8", "s16", "s32"),
    dst: register,
    src: register,
  }),
  fc
    .record({
      kind: fc.constant("jump-if"),
      op: fc.constantFrom(...comparisons),
      width,
      dst: register,
      src: operand,
      target: fc.constant(0),
    })
    .map((jump) => ({ ...jump, target: 1 })),
  fc.record({
    kind: fc.constant("load"),
    size: fc.constantFrom("u8", "u16", "u32", "u64", "s8", "s16", "s32"),
    dst: register,
    base: fc.constant("r10"),
    offset,
  }),
  fc.record({
    kind: fc.constant("store"),
    size: fc.constantFrom("u8", "u16", "u32", "u64"),
    base: fc.constant("r10"),
    offset,
    src: operand,
  }),
  fc.record({
    kind: fc.constant("atomic"),
    op: fc.constantFrom(...atomics),
    size: fc.constantFrom("u32", "u64"),
    base: fc.constant("r10"),
    offset,
    src: register,
  }),
) as fc.Arbitrary<Instruction>;

function agree(steps: readonly Instruction[], values: readonly bigint[]): void {
  const start = values.map((value, index) =>
    wide((["r0", "r1", "r2", "r3"] as const)[index]!, value),
  );
  const fold = ["r1", "r2", "r3"].map(
    (src) => ({ kind: "alu", op: "xor", width: 64, dst: "r0", src }) as Instruction,
  );
  const outcomes = engines.map((engine) => {
    const machine = createMachine({ engine });
    const result = machine.run(
      machine.program([...start, ...steps, { kind: "nospec" }, ...fold, exit]),
    );
    return {
      result,
      stack: machine.memory.bytes(machine.memory.regionOf(1n << 32n)!.address, 512),
    };
  });
  assert.deepEqual(outcomes[0], outcomes[1]);
}

describe("calls of both engines", () => {
  it("pass arguments to helpers and extend negative answers", () => {
    const helpers = new Map<number, Helper>([
      [5, () => -22],
      [6, (machine) => machine.registers[1]! + 1n],
    ]);
    check([{ kind: "call-helper", id: 5 }, exit], max - 21n, { helpers });
    check([wide("r1", 41n), { kind: "call-helper", id: 6 }, exit], 42n, { helpers });
  });

  it("keep r6 to r9 over a local call, and give each function a stack", () => {
    check(
      [
        { kind: "alu", op: "mov", width: 64, dst: "r6", src: 40 },
        { kind: "store", size: "u64", base: "r10", offset: -8, src: 1 },
        { kind: "call-local", target: "two" },
        { kind: "alu", op: "add", width: 64, dst: "r0", src: "r6" },
        { kind: "load", size: "u64", dst: "r1", base: "r10", offset: -8 },
        { kind: "alu", op: "add", width: 64, dst: "r0", src: "r1" },
        exit,
        { kind: "alu", op: "mov", width: 64, dst: "r6", src: 7, label: "two" },
        { kind: "store", size: "u64", base: "r10", offset: -8, src: 9 },
        { kind: "alu", op: "mov", width: 64, dst: "r0", src: 1 },
        exit,
      ],
      42n,
    );
  });

  it("call back into the program, from a helper", () => {
    const helpers = new Map<number, Helper>([
      [181, (machine) => machine.call(machine.registers[1]!, 20n) + 2n],
    ]);
    check(
      [
        { kind: "wide-load", dst: "r1", value: { kind: "function", target: "twice" } },
        { kind: "call-helper", id: 181 },
        exit,
        { kind: "alu", op: "mov", width: 64, dst: "r0", src: "r1", label: "twice" },
        { kind: "alu", op: "add", width: 64, dst: "r0", src: "r1" },
        exit,
      ],
      42n,
      { helpers },
    );
  });

  it("stop tail calls of a program to itself after 33", () => {
    for (const engine of engines) {
      const counter = { calls: 0, program: undefined as Program | undefined };
      const tailCall = (): Program | undefined => (counter.calls++, counter.program);
      const machine = createMachine({ engine, environment: { tailCall } });
      counter.program = machine.program([{ kind: "call-helper", id: 12 }, exit]);
      assert.equal(machine.run(counter.program), max - 1n);
      assert.equal(counter.calls, 33);
    }
  });

  it("give a program that a function goes on in as many frames as any other", () => {
    // Adds 1 to what the function below returns, which goes on in this program again: twice 33 frames at once.
    const again: readonly Instruction[] = [
      { kind: "call-local", target: "again" },
      { kind: "alu", op: "add", width: 64, dst: "r0", src: 1 },
      exit,
      { kind: "call-helper", id: 12, label: "again" },
      { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 },
      exit,
    ];
    for (const engine of engines) {
      const found = { program: undefined as Program | undefined };
      const machine = createMachine({ engine, environment: { tailCall: () => found.program } });
      found.program = machine.program(again);
      for (let run = 0; run < 2; run++) assert.equal(machine.run(found.program), 34n);
      const deep = machine.program([{ kind: "call-local", target: -1 }, exit]);
      assert.throws(() => machine.run(deep), /more than 8 frames/);
    }
  });

  it("name the source of the program that waited when it fails after a tail call", () => {
    const line = (name: string): SourceLine => ({ file: name, line: 1, column: 1, text: "" });
    for (const engine of engines) {
      const found = { program: undefined as Program | undefined };
      const machine = createMachine({ engine, environment: { tailCall: () => found.program } });
      const other = { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 } as const;
      found.program = machine.program([{ ...other, source: line("other") }, exit]);
      const fails = machine.program([
        { kind: "call-local", target: "on" },
        { kind: "load", size: "u8", dst: "r0", base: "r10", offset: 0, source: line("waited") },
        exit,
        { kind: "call-helper", id: 12, label: "on" },
        exit,
      ]);
      assert.throws(() => machine.run(fails), /waited:1/);
    }
  });
});

describe("faults of both engines", () => {
  it("say which instruction, region and offset", () => {
    checkFault(
      [wide("r1", 0n), { kind: "load", size: "u32", dst: "r0", base: "r1", offset: 8 }, exit],
      /instruction 2: read of 4 bytes .* no region/,
    );
    checkFault(
      [{ kind: "store", size: "u64", base: "r10", offset: -4, src: 0 }, exit],
      /write of 8 bytes at offset 508 of region "stack of frame 0" \(512 bytes\), outside/,
    );
    checkFault([{ kind: "jump", target: -1 }, exit], /budget/);
    checkFault([{ kind: "call-helper", id: 4711 }, exit], /helper 4711 is not implemented/);
    checkFault([{ kind: "call-local", target: -1 }, exit], /more than 8 frames/);
    checkFault([wide("r0", 0n)], /no instruction is/);
  });

  it("name the source line", () => {
    const source = { file: "filter.ts", line: 12, column: 1, text: "" };
    checkFault(
      [{ kind: "load", size: "u8", dst: "r0", base: "r10", offset: 0, source }, exit],
      /filter\.ts:12/,
    );
  });
});

it("jumps out of may_goto loops after 8388608 rounds", () => {
  const machine = createMachine({ engine: "compile" });
  const code: readonly Instruction[] = [
    wide("r0", 0n),
    { kind: "may-goto", target: 2 },
    { kind: "alu", op: "add", width: 64, dst: "r0", src: 1 },
    { kind: "jump", target: -3 },
    exit,
  ];
  assert.equal(machine.run(machine.program(code)), 8_388_608n);
});
