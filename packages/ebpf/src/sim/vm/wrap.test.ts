import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { createMachine } from "./create-machine.ts";
import type { Machine, Program } from "./machine.ts";

const returning = (value: number): readonly Instruction[] => [
  { kind: "alu", op: "mov", width: 64, dst: "r0", src: value },
  { kind: "exit" },
];

/** Returns twice what its function at 4 makes of 3, which adds 1. */
const twice: readonly Instruction[] = [
  { kind: "alu", op: "mov", width: 64, dst: "r1", src: 3 },
  { kind: "call-local", target: "add" },
  { kind: "alu", op: "add", width: 64, dst: "r0", src: "r0" },
  { kind: "exit" },
  { kind: "alu", op: "mov", width: 64, dst: "r0", src: "r1", label: "add" },
  { kind: "alu", op: "add", width: 64, dst: "r0", src: 1 },
  { kind: "exit" },
];

for (const engine of ["compile", "interpret"] as const) {
  describe(`a function that is wrapped (${engine})`, () => {
    it("runs when the wrapper lets it, with what is in the registers", () => {
      const machine = createMachine({ engine });
      const program = machine.program(twice);
      const seen: bigint[] = [];
      machine.wrap(program, 4, (run) => {
        seen.push(machine.registers[1]!);
        machine.registers[1] = 10n;
        run();
        seen.push(machine.registers[0]!);
      });
      assert.equal(machine.run(program), 22n);
      assert.deepEqual(seen, [3n, 11n]);
      machine.wrap(program, 4, undefined);
      assert.equal(machine.run(program), 8n);
      assert.throws(() => machine.wrap(program, 7, () => {}), InvalidArgumentError);
    });

    it("goes on in another program, in its own frame", () => {
      const machine = createMachine({ engine });
      const [program, other] = [machine.program(twice), machine.program(returning(50))];
      machine.wrap(program, 4, () => machine.continueIn(other));
      assert.equal(machine.run(program), 100n);
      machine.wrap(program, 0, () => machine.continueIn(other));
      assert.equal(machine.run(program), 50n);
      // Whatever the engine, a trace sees the replacement too.
      const programs: Program[] = [];
      machine.traced(
        (step) => void programs.push(step.program),
        () => machine.run(program),
      );
      assert.deepEqual(new Set(programs), new Set([other]));
    });

    it("is gone past by tail calls", () => {
      const target: { program?: Program } = {};
      const machine: Machine = createMachine({
        engine,
        environment: { tailCall: () => target.program },
      });
      const jump = machine.program([
        { kind: "call-helper", id: 12 },
        { kind: "alu", op: "mov", width: 64, dst: "r0", src: -1 },
        { kind: "exit" },
      ]);
      target.program = machine.program(returning(4));
      machine.wrap(target.program, 0, () => (machine.registers[0] = 5n));
      assert.equal(machine.run(target.program), 5n);
      assert.equal(machine.run(jump), 4n);
    });

    it("leads nowhere when its program is gone", () => {
      const machine = createMachine({ engine });
      const program = machine.program(returning(1));
      machine.release(program);
      const next = machine.program(returning(2));
      machine.release(program);
      assert.equal(machine.run(next), 2n);
    });
  });
}
