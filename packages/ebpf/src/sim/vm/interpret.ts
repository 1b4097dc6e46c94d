/**
 * The plain engine: one instruction after the other, on bigints.
 *
 * It is the reference the compiled engine is held against, and the one that tells of every step. A call of a function
 * of the program is a call of {@link Interpreter.execute}. It is not fast and does not try to be.
 * @module
 */
import type { Instruction, InstructionKind, InstructionOf } from "../../isa/instruction.ts";
import { registerNumber, type Operand, type Register } from "../../isa/register.ts";
import { calculate, combine, compare, swapBytes } from "./arithmetic.ts";
import { type Execution, maxLoops } from "./execution.ts";
import { MachineFault } from "./fault.ts";
import type { Machine, Step } from "./machine.ts";
import { type PreparedProgram, upperHalf } from "./prepare.ts";

/** Where a frame is. */
interface Frame {
  program: PreparedProgram;
  slot: number;
  loops: number;
}

type Handler<Kind extends InstructionKind> = (
  run: Interpreter,
  at: Frame,
  instruction: InstructionOf<Kind>,
) => void;

/** Slot of a frame that has ended. */
const ended = -1;

/** Executes programs on the state of an {@link Execution}. */
export class Interpreter {
  readonly execution: Execution;
  readonly machine: Machine;
  /** Called before each instruction. */
  trace: ((step: Step) => void) | undefined;

  constructor(execution: Execution, machine: Machine, trace: ((step: Step) => void) | undefined) {
    this.execution = execution;
    this.machine = machine;
    this.trace = trace;
  }

  /** Runs the function at `start` in a frame of its own; arguments and r0 are in the registers. @throws MachineFault */
  execute(program: PreparedProgram, start: number): void {
    const wrapper = program.wrappers.get(start);
    if (wrapper === undefined) this.#execute(program, start);
    else wrapper(() => this.#execute(program, start));
  }

  #execute(program: PreparedProgram, start: number): void {
    const { execution } = this;
    const { registers } = execution;
    const [r6, r7, r8, r9, r10] = [
      registers[6]!,
      registers[7]!,
      registers[8]!,
      registers[9]!,
      registers[10]!,
    ];
    registers[10] =
      (BigInt(execution.frames[execution.depth - 1]!) << 32n) | BigInt(execution.frameTop);
    const at: Frame = { program, slot: start, loops: maxLoops };
    while (at.slot !== ended) this.#step(at);
    execution.go(program);
    registers[6] = r6;
    registers[7] = r7;
    registers[8] = r8;
    registers[9] = r9;
    registers[10] = r10;
  }

  get(register: Register): bigint {
    return this.execution.registers[registerNumber(register)]!;
  }

  set(register: Register, value: bigint): void {
    this.execution.registers[registerNumber(register)] = value;
  }

  value(operand: Operand): bigint {
    return typeof operand === "number" ? BigInt.asUintN(64, BigInt(operand)) : this.get(operand);
  }

  /** Address of `offset` bytes from a register. */
  address(base: Register, offset: number): bigint {
    return BigInt.asUintN(64, this.get(base) + BigInt(offset));
  }

  #step(at: Frame): void {
    const { execution } = this;
    const { slot, program } = at;
    const instruction = program.slots[slot];
    if (instruction === undefined)
      throw new MachineFault("jump", "the program goes on where no instruction is", slot);
    if (--execution.budget < 0)
      throw new MachineFault("budget", "the budget of instructions is used up", slot);
    this.trace?.({
      slot,
      instruction,
      registers: execution.registers,
      depth: execution.depth - 1,
      program,
    });
    at.slot += instruction.kind === "wide-load" ? 2 : 1;
    const handler = handlers[instruction.kind] as Handler<InstructionKind>;
    handler(this, at, instruction);
  }
}

const sizes = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4 } as const;

function here(at: Frame): number {
  return at.slot - 1;
}

const handlers: { readonly [Kind in InstructionKind]: Handler<Kind> } = {
  alu: (run, _, { op, width, dst, src }) => {
    run.set(dst, calculate(op, width, run.get(dst), run.value(src)));
  },
  negate: (run, _, { width, dst }) => {
    run.set(dst, BigInt.asUintN(width, -run.get(dst)));
  },
  "byte-swap": (run, _, { order, bits, dst }) => {
    run.set(dst, swapBytes(order, bits, run.get(dst)));
  },
  movsx: (run, _, { width, from, dst, src }) => {
    run.set(dst, BigInt.asUintN(width, BigInt.asIntN(sizes[from] * 8, run.get(src))));
  },
  "addr-space-cast": (run, { program }, { dst, src, to }) => {
    const low = run.get(src) & 0xffff_ffffn;
    const high = low === 0n ? 0n : BigInt.asUintN(32, BigInt(upperHalf(program, to)));
    run.set(dst, (high << 32n) | low);
  },
  "percpu-address": (_, at) => neverLoaded(at, "percpu-address"),
  nospec: () => undefined,
  load: (run, at, { size, dst, base, offset }) => {
    const value = run.execution.memory.load(run.address(base, offset), sizes[size], here(at));
    run.set(
      dst,
      size.startsWith("s") ? BigInt.asUintN(64, BigInt.asIntN(sizes[size] * 8, value)) : value,
    );
  },
  store: (run, at, { size, base, offset, src }) => {
    run.execution.memory.store(run.address(base, offset), sizes[size], run.value(src), here(at));
  },
  atomic: (run, at, instruction) => {
    const { op, base, offset, src } = instruction;
    const size = sizes[instruction.size];
    const { memory } = run.execution;
    const address = run.address(base, offset);
    const old = memory.load(address, size, here(at));
    const compared = BigInt.asUintN(size * 8, run.get("r0"));
    memory.lost = false;
    memory.store(address, size, combine(op, old, run.get(src), compared), here(at));
    if (memory.lost) return;
    if (op === "cmpxchg") run.set("r0", old);
    else if (op === "xchg" || op.startsWith("fetch")) run.set(src, old);
  },
  "load-acquire": (run, at, { size, dst, base, offset }) => {
    run.set(dst, run.execution.memory.load(run.address(base, offset), sizes[size], here(at)));
  },
  "store-release": (run, at, { size, base, offset, src }) => {
    run.execution.memory.store(run.address(base, offset), sizes[size], run.get(src), here(at));
  },
  "wide-load": (run, at, instruction) => {
    run.set(instruction.dst, run.execution.wideValue(instruction, at.slot - 2, at.program));
  },
  "packet-load": (run, at, { size, index, offset }) => {
    const place = offset + (index === undefined ? 0 : Number(BigInt.asIntN(32, run.get(index))));
    const loaded = run.execution.packet(run.get("r6"), place | 0, sizes[size], here(at));
    run.set("r0", loaded < 0 ? 0n : BigInt(loaded));
    if (loaded < 0) at.slot = ended;
  },
  jump: (_, at) => {
    at.slot = at.program.targets[here(at)]!;
  },
  "long-jump": (_, at) => {
    at.slot = at.program.targets[here(at)]!;
  },
  "jump-if": (run, at, { op, width, dst, src }) => {
    if (compare(op, width, run.get(dst), run.value(src))) at.slot = at.program.targets[here(at)]!;
  },
  "may-goto": (_, at) => {
    if (at.loops === 0) at.slot = at.program.targets[here(at)]!;
    else at.loops--;
  },
  "call-helper": (run, at, instruction) => {
    if (instruction.id === tailCallHelper) tailCall(run, at);
    else callOut(run, at, instruction);
  },
  "call-kfunc": (run, at, instruction) => callOut(run, at, instruction),
  "call-local": (run, at) => {
    const slot = here(at);
    run.execution.enter(slot);
    run.execute(at.program, at.program.targets[slot]!);
    run.execution.depth--;
  },
  exit: (_, at) => {
    at.slot = ended;
  },
};

/** `bpf_tail_call` of `enum bpf_func_id`. */
export const tailCallHelper = 12;

function tailCall(run: Interpreter, at: Frame): void {
  const target = run.execution.tailTarget(here(at));
  if (target === undefined) return;
  run.execution.go(target);
  at.program = target;
  at.slot = 0;
  at.loops = maxLoops;
}

function callOut(run: Interpreter, at: Frame, instruction: Instruction): void {
  const { execution } = run;
  execution.slot = here(at);
  execution.callHelper(execution.calleeOf(instruction, here(at)), run.machine);
}

function neverLoaded(at: Frame, what: string): never {
  throw new MachineFault(
    "instruction",
    `${what} is an instruction that only a kernel makes`,
    here(at),
  );
}
