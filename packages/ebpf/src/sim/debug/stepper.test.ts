import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, mov } from "../../asm/alu.ts";
import { assemble, type Item, label } from "../../asm/assemble.ts";
import { call, callLocal, exit } from "../../asm/call.ts";
import { jlt } from "../../asm/jump.ts";
import { ldx, st } from "../../asm/memory.ts";
import { loadMap } from "../../asm/wide.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { r0, r1, r2, r3, r6, r10 } from "../../isa/register.ts";
import { u32 } from "../../layout/integer.ts";
import { createMap } from "../../map/create.ts";
import { loadProgram } from "../../program/load.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { program } from "../../spec/program.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";
import { createMachine } from "../vm/create-machine.ts";
import type { Engine } from "../vm/machine.ts";
import { formatTrace } from "./format-trace.ts";
import { record, type Recording, type RecordOptions } from "./recording.ts";
import { type Breakpoint, Stepper } from "./stepper.ts";

/** Instructions of a line of source. */
function on(line: number, ...items: readonly Item[]): readonly Item[] {
  const source = { file: "src/loop.ts", line, column: 1, text: `line ${line}` };
  return items.map((item) => (isInstruction(item) ? { ...item, source } : item));
}

function isInstruction(item: Item): item is Instruction {
  return !Array.isArray(item) && (item as Instruction).kind !== undefined && "kind" in item;
}

/** Counts r6 to 3, calls a function on line 9 from line 4 with it, and returns what that doubled. */
const loop = assemble(
  on(1, mov(r6, 0), st("u32", r10, -4, 7)),
  label("again"),
  on(2, add(r6, 1)),
  on(3, jlt(r6, 3, "again")),
  on(4, mov(r1, r6), ...callLocal("double").flat()),
  on(5, exit()),
  label("double"),
  on(9, mov(r0, r1), add(r0, r1)),
  on(10, exit()),
);

function recordLoop(engine: Engine = "compile", options: RecordOptions = {}): Recording<bigint> {
  const machine = createMachine({ engine });
  const code = machine.program(loop);
  return record(machine, () => machine.run(code), options);
}

const lineOf = ({ current }: Stepper): number | undefined => current?.instruction.source?.line;

/** Lines that a move stops at, from the start to the end. */
function linesOf(move: (stepper: Stepper) => boolean): readonly (number | undefined)[] {
  const stepper = new Stepper(recordLoop());
  const lines = [lineOf(stepper)];
  while (move(stepper)) lines.push(lineOf(stepper));
  return lines;
}

function stopsAt(...breakpoints: readonly Breakpoint[]): readonly (number | undefined)[] {
  const lines: (number | undefined)[] = [];
  const stepper = new Stepper(recordLoop());
  while (stepper.resume({ breakpoints })) lines.push(stepper.position);
  return lines;
}

describe("recording", () => {
  it("keeps the same of both engines, and what was returned", () => {
    const [interpreted, compiled] = [recordLoop("interpret"), recordLoop("compile")];
    assert.deepEqual(compiled.outcome, { kind: "returned", value: 6n });
    assert.deepEqual(interpreted.outcome, compiled.outcome);
    const slots = ({ steps }: Recording) => steps.map(({ slot, registers }) => [slot, registers]);
    assert.deepEqual(slots(interpreted), slots(compiled));
    assert.equal(compiled.executed, 14);
  });

  it("keeps registers and stack as they were", () => {
    const { steps } = recordLoop();
    assert.deepEqual(
      steps.filter(({ slot }) => slot === 2).map(({ registers }) => registers[6]),
      [0n, 1n, 2n],
    );
    assert.equal(steps[1]!.stack[508], 0);
    assert.equal(steps[2]!.stack[508], 7);
    assert.equal(steps[3]!.stack, steps[2]!.stack);
  });

  it("ends with the limit, and the programs do not", () => {
    const recording = recordLoop("compile", { limit: 5 });
    assert.equal(recording.steps.length, 5);
    assert.equal(recording.executed, 14);
    assert.equal(recording.outcome.kind, "returned");
    assert.throws(() => recordLoop("compile", { limit: 0 }), InvalidArgumentError);
  });

  it("ends in the fault of a program, with its last step", () => {
    const machine = createMachine();
    const code = machine.program(assemble(on(3, mov(r1, 0)), on(4, ldx("u8", r0, r1, 8))));
    const { steps, outcome } = record(machine, () => machine.run(code));
    assert.equal(steps.at(-1)?.instruction.source?.line, 4);
    assert.ok(outcome.kind === "threw" && /loop\.ts:4/.test(String(outcome.error)));
  });

  it("is over afterwards", () => {
    const machine = createMachine();
    const code = machine.program(loop);
    const { steps } = record(machine, () => machine.run(code));
    machine.run(code);
    assert.equal(steps.length, 14);
  });
});

describe("stepper", () => {
  it("goes from line to line over calls", () => {
    assert.deepEqual(
      linesOf((stepper) => stepper.stepLine()),
      [1, 2, 3, 2, 3, 2, 3, 4, 5, undefined],
    );
  });

  it("goes into calls", () => {
    assert.deepEqual(
      linesOf((stepper) => stepper.stepInto()),
      [1, 2, 3, 2, 3, 2, 3, 4, 9, 10, 5, undefined],
    );
  });

  it("comes out of a function", () => {
    const stepper = new Stepper(recordLoop());
    stepper.resume({ breakpoints: [{ line: 9 }] });
    assert.equal(stepper.current!.depth, 1);
    stepper.stepOut();
    assert.equal(lineOf(stepper), 5);
  });

  it("goes back the way it came", () => {
    const stepper = new Stepper(recordLoop());
    stepper.goTo(Infinity);
    assert.equal(stepper.current, undefined);
    const lines = [];
    while (stepper.backLine()) lines.push(lineOf(stepper));
    assert.deepEqual(lines, [5, 4, 3, 2, 3, 2, 3, 2, 1]);
    assert.equal(stepper.position, 0);
    assert.equal(stepper.back(), false);
    assert.ok(stepper.stepInstruction() && stepper.back());
    assert.equal(stepper.position, 0);
  });

  it("stops at lines once each time they begin, at slots, and where something holds", () => {
    assert.deepEqual(stopsAt({ line: 2 }), [2, 4, 6, 14]);
    assert.deepEqual(stopsAt({ line: 9, file: "loop.ts" }), [10, 14]);
    assert.deepEqual(stopsAt({ line: 9, file: "other.ts" }), [14]);
    assert.deepEqual(stopsAt({ slot: 3 }), [3, 5, 7, 14]);
    assert.deepEqual(
      stopsAt({ when: ({ registers }) => registers[6] === 2n }, { line: 10 }),
      [5, 6, 12, 13, 14].filter((at) => at !== 13),
    );
  });

  it("stops behind the instruction that changed a register", () => {
    const stepper = new Stepper(recordLoop());
    const stops = { watch: ["r6"] };
    stepper.resume(stops);
    assert.equal(stepper.current!.registers[6], 1n);
    assert.equal(stepper.previous!.slot, 2);
    stepper.resume(stops);
    stepper.resume(stops);
    assert.equal(stepper.current!.registers[6], 3n);
    stepper.resumeBack(stops);
    assert.equal(stepper.current!.registers[6], 2n);
  });

  it("stops where what is watched changes: memory, registers under a name, anything", () => {
    const recording = recordLoop("compile", {
      watch: {
        local: ({ registers }, memory) => memory.load(registers[10]! - 4n, 4),
        half: ({ registers }) => [registers[6]! / 2n],
      },
    });
    const stepper = new Stepper(recording);
    stepper.resume({ watch: ["local"] });
    assert.equal(stepper.current!.watched.get("local"), 7n);
    assert.equal(stepper.position, 2);
    stepper.resume({ watch: ["half"] });
    assert.deepEqual(stepper.current!.watched.get("half"), [1n]);
  });
});

describe("SimulatedKernel.record", () => {
  it("knows lines of programs that were loaded, and elements of maps at each step", () => {
    const kernel = createSimulatedKernel();
    using counts = createMap(kernel, arrayMap("counts", u32, 1));
    const spec = program(
      "socket_filter",
      assemble(
        on(1, st("u32", r10, -4, 0), st("u32", r10, -8, 9)),
        on(2, mov(r2, r10), add(r2, -4), mov(r3, r10), add(r3, -8), mov(r0, 0)),
        on(3, loadMap(r1, { name: "counts" }), mov("r4", 0), ...[call("map_update_elem")].flat()),
        on(4, mov(r0, 0), exit()),
      ),
      { name: "count" },
    );
    const described = { ...spec, functions: [{ name: "count", index: 0, parameters: [] }] };
    using loaded = loadProgram(kernel, described, new Map([["counts", counts.handle]]));
    const recording = kernel.record(() => loaded.run({ data: new Uint8Array(14) }), {
      watch: { count: () => counts.get(0) },
    });
    const stepper = new Stepper(recording);
    stepper.resume({ watch: ["count"] });
    assert.equal(stepper.previous!.instruction.source?.line, 3);
    assert.equal(lineOf(stepper), 4);
    assert.equal(stepper.current!.watched.get("count"), 9);
  });
});

describe("formatTrace", () => {
  it("shows lines, the instructions below each, and what they changed", () => {
    const text = [...formatTrace(recordLoop())];
    assert.deepEqual(text.slice(0, 5), [
      "; src/loop.ts:1  line 1",
      "   0: (b7) r6 = 0",
      "   1: (62) *(u32 *)(r10 -4) = 7",
      "; src/loop.ts:2  line 2",
      `${"   2: (07) r6 += 1".padEnd(52)}  r6 = 1`,
    ]);
    assert.ok(
      text.some((line) => /^ {5}\d: .* r0 \+= r1 {2,}r0 = 6$/.test(line)),
      text.join("\n"),
    );
  });
});
