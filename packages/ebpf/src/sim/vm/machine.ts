/**
 * What a simulated program runs on: the types that programs, helpers and both engines share.
 *
 * A program is prepared once ({@link Program}) and run often; a run allocates nothing. Arguments and results pass
 * through {@link Machine.registers}, 11 numbers of 64 bits. Maps and helpers are not here: they are put in through
 * {@link Helper}.
 * @module
 */
import type { Address, Instruction } from "../../isa/instruction.ts";
import type { Memory } from "./memory.ts";

/**
 * A helper or kfunc: reads its arguments from `machine.registers[1]` to `[5]`, returns what becomes r0. A number is
 * extended with its sign to 64 bits (`-22` is -EINVAL); a bigint counts modulo 2^64.
 */
export type Helper = (machine: Machine) => number | bigint;

/** What programs call and find outside themselves. */
export interface Environment {
  /** By number, as in `enum bpf_func_id`. A call of one that is missing is a fault that names it. */
  readonly helpers?: ReadonlyMap<number, Helper>;
  /** By name, or by BTF id. */
  readonly kfuncs?: ReadonlyMap<string | number, Helper>;
  /** What a wide load of an address gives. `function` addresses are the machine's own and never asked for. */
  readonly addressOf?: (address: Address) => bigint | undefined;
  /** The program in slot `index` of the program array at `map`: `bpf_tail_call` (helper 12). Undefined: r0 is -ENOENT (-2). */
  readonly tailCall?: (map: bigint, index: number) => Program | undefined;
  /**
   * `size` bytes of the packet behind the context r6 in network order, for legacy packet loads; undefined ends the
   * program with 0.
   */
  readonly packetLoad?: (context: bigint, offset: number, size: number) => number | undefined;
}

/** How a machine runs programs. */
export interface MachineOptions {
  /** Memory to use, shared with maps; a new one if left out. */
  readonly memory?: Memory;
  readonly environment?: Environment;
  /** Instructions one run may take, 2^30 if left out. The compiled engine looks at the start of each basic block. */
  readonly budget?: number;
  /**
   * `compile` (default) falls back to `interpret` where code generation is forbidden; {@link Program.engine} says
   * which it is.
   */
  readonly engine?: Engine;
  /** Called before each instruction. Only with `engine: "interpret"`. */
  readonly trace?: (step: Step) => void;
}

/** How instructions are executed. */
export type Engine = "interpret" | "compile";

/** The arena of a program: memory whose addresses it has in 32 bits, or whole as user space does. */
export interface ArenaWindow {
  /** Where it starts for user space; a region of the machine's memory. */
  readonly address: bigint;
  /** Addresses for user space have 32 bits, too (`BPF_F_NO_USER_CONV`). */
  readonly short?: boolean;
}

/** What a program has beside its instructions. */
export interface ProgramOptions {
  readonly arena?: ArenaWindow | undefined;
}

/**
 * Runs in the place of a function, whose arguments are in r1 to r5 and whose result goes into r0; `run` executes the
 * function itself, with what is in the registers then.
 */
export type Wrapper = (run: () => void) => void;

/** A program about to execute one instruction. The object is reused: copy what you keep. */
export interface Step {
  readonly slot: number;
  readonly instruction: Instruction;
  /** r0 to r10. */
  readonly registers: BigUint64Array;
  /** 0 for the program itself, 1 for a function it calls. */
  readonly depth: number;
  readonly program: Program;
}

/** A prepared program. */
export interface Program {
  /** Instructions by slot; the second slot of a wide load is undefined. */
  readonly slots: readonly (Instruction | undefined)[];
  readonly engine: Engine;
}

/** Runs programs; what a {@link Helper} sees. */
export interface Machine {
  readonly memory: Memory;
  /** r0 to r10; r1 to r5 hold the arguments while a helper runs. */
  readonly registers: BigUint64Array;
  /** The same registers as halves: `halves[2 * n]` is the low one of rn. Reading it makes no bigint. */
  readonly halves: Int32Array;
  /** Prepares a program: bytes of instructions (little endian) or instructions. @throws MalformedError, MachineFault */
  program(code: Uint8Array | readonly Instruction[], options?: ProgramOptions): Program;
  /** Forgets a program, which does not run any more: addresses of its functions lead nowhere. */
  release(program: Program): void;
  /**
   * Runs `wrapper` wherever the function that starts at `slot` would run, in its frame; `undefined` ends that.
   * @throws {InvalidArgumentError} when no function starts there.
   */
  wrap(program: Program, slot: number, wrapper: Wrapper | undefined): void;
  /** From a wrapper: goes on in `program`, in the same frame, with the arguments that are in the registers. */
  continueIn(program: Program): void;
  /** Runs `program` with r1 (and r2) and returns r0. @throws MachineFault */
  run(program: Program, r1?: bigint, r2?: bigint): bigint;
  /** The same, returning the low 32 bits of r0 as a signed number and making no bigint: arguments are taken from `halves`. */
  runHalves(program: Program): number;
  /**
   * What `run` gives, with every program that it runs executed one instruction after the other, whatever the engine, and
   * `trace` called before each. A trace within a trace takes its place for so long.
   */
  traced<T>(trace: (step: Step) => void, run: () => T): T;
  /**
   * From a helper: calls the function whose address a program passed, with up to 5 arguments; returns its r0.
   * @throws MachineFault
   */
  call(functionAddress: bigint, ...values: readonly bigint[]): bigint;
}
