/**
 * The virtual machine: programs prepared once and run often, by one of two engines that give the same answers.
 *
 * Everything a run needs exists before it. What a machine does not have: maps, helpers, a clock; see {@link Environment}.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { canCompile, compile } from "./compile.ts";
import { Execution, functionSpace } from "./execution.ts";
import { located, MachineFault } from "./fault.ts";
import { Interpreter } from "./interpret.ts";
import type {
  Engine,
  Machine,
  MachineOptions,
  Program,
  ProgramOptions,
  Step,
  Wrapper,
} from "./machine.ts";
import { Memory } from "./memory.ts";
import { prepare, type PreparedProgram } from "./prepare.ts";

/**
 * Makes a machine.
 * @throws {InvalidArgumentError} for `trace` with the compiled engine.
 */
export function createMachine(options: MachineOptions = {}): Machine {
  return new VirtualMachine(options);
}

class VirtualMachine implements Machine {
  readonly memory: Memory;
  readonly registers: BigUint64Array;
  readonly halves: Int32Array;
  readonly #execution: Execution;
  readonly #interpreter: Interpreter;
  readonly #engine: Engine;
  readonly #budget: number;
  readonly #freeNumbers: number[] = [];

  constructor(options: MachineOptions) {
    if (options.trace !== undefined && options.engine !== "interpret") {
      throw new InvalidArgumentError("the compiled engine cannot trace", {
        hint: 'add engine: "interpret"',
      });
    }
    this.memory = options.memory ?? new Memory();
    this.#execution = new Execution(this.memory, options.environment ?? {});
    this.#interpreter = new Interpreter(this.#execution, this, options.trace);
    this.#engine = options.engine === "interpret" || !canCompile() ? "interpret" : "compile";
    this.#budget = options.budget ?? 2 ** 30;
    this.registers = this.#execution.registers;
    this.halves = this.#execution.halves;
  }

  program(code: Uint8Array | readonly Instruction[], options: ProgramOptions = {}): Program {
    const { programs } = this.#execution;
    const number = this.#freeNumbers.pop() ?? programs.length;
    const program = prepare(code, number, options);
    programs[number] = program;
    program.engine = this.#engine;
    this.#compile(program);
    return program;
  }

  #compile(program: PreparedProgram): void {
    if (this.#engine === "compile") program.functions = compile(program, this.#execution, this);
  }

  #execute(program: PreparedProgram, start: number): void {
    const compiled = program.functions !== undefined && this.#interpreter.trace === undefined;
    if (compiled) functionAt(program, start)();
    else this.#interpreter.execute(program, start);
  }

  run(program: Program, r1 = 0n, r2 = 0n): bigint {
    this.registers[1] = r1;
    this.registers[2] = r2;
    this.runHalves(program);
    return this.registers[0]!;
  }

  release(program: Program): void {
    const { number } = program as PreparedProgram;
    if (this.#execution.programs[number] !== program) return;
    this.#execution.programs[number] = undefined;
    this.#freeNumbers.push(number);
  }

  wrap(program: Program, slot: number, wrapper: Wrapper | undefined): void {
    const prepared = program as PreparedProgram;
    if (prepared.slots[slot] === undefined)
      throw new InvalidArgumentError(`no function starts at instruction ${slot}`);
    if (wrapper === undefined) prepared.wrappers.delete(slot);
    else prepared.wrappers.set(slot, wrapper);
    this.#compile(prepared);
  }

  continueIn(program: Program): void {
    const execution = this.#execution;
    const { program: outer } = execution;
    execution.go(program as PreparedProgram);
    this.#execute(program as PreparedProgram, 0);
    execution.go(outer);
  }

  runHalves(program: Program): number {
    const execution = this.#execution;
    if (execution.depth === 0) execution.start(this.#budget);
    this.#enter(program as PreparedProgram, 0);
    return this.halves[0]!;
  }

  traced<T>(trace: (step: Step) => void, run: () => T): T {
    const before = this.#interpreter.trace;
    this.#interpreter.trace = trace;
    try {
      return run();
    } finally {
      this.#interpreter.trace = before;
    }
  }

  call(functionAddress: bigint, ...values: readonly bigint[]): bigint {
    const number = Number(functionAddress >> 32n) - functionSpace;
    const program = this.#execution.programs[number];
    const start = Number(functionAddress & 0xffff_ffffn);
    if (program?.slots[start] === undefined) {
      throw new MachineFault(
        "call",
        `0x${functionAddress.toString(16)} is the address of no function`,
      );
    }
    for (const [index, value] of values.entries()) this.registers[index + 1] = value;
    if (this.#execution.depth === 0) this.#execution.start(this.#budget);
    this.#enter(program, start);
    return this.registers[0]!;
  }

  #enter(program: PreparedProgram, start: number): void {
    const execution = this.#execution;
    const { depth, program: outer, slot } = execution;
    try {
      execution.enter(-1);
      execution.go(program);
      this.#execute(program, start);
    } catch (error) {
      throw error instanceof MachineFault ? this.#located(error) : error;
    } finally {
      execution.depth = depth;
      execution.go(outer);
      execution.slot = slot;
    }
  }

  /** `fault` with slot and source line; one inside a helper happened at the call. */
  #located(fault: MachineFault): MachineFault {
    const { program, slot } = this.#execution;
    const placed =
      fault.slot >= 0 || slot < 0
        ? fault
        : new MachineFault(fault.kind, fault.reason, slot, { hint: fault.hint });
    return located(placed, program?.slots ?? []);
  }
}

function functionAt(program: PreparedProgram, start: number): () => void {
  const compiled = program.functions?.get(start);
  if (compiled !== undefined) return compiled;
  throw new MachineFault("call", `no function starts at instruction ${start}`);
}
