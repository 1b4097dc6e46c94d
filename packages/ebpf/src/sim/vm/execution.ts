/**
 * What both engines share while a program runs: registers, stack frames, the budget, and the way out to helpers.
 *
 * Everything a run needs is made once, with the machine, so that a run allocates nothing. It executes no instruction.
 * @module
 */
import type { Instruction } from "../../isa/instruction.ts";
import { MachineFault } from "./fault.ts";
import type { Environment, Helper, Machine } from "./machine.ts";
import { Memory, regionBase } from "./memory.ts";
import type { PreparedProgram } from "./prepare.ts";

/** Frames a program may have: itself and 7 functions deep, `MAX_CALL_FRAMES` of include/linux/bpf_verifier.h. */
export const maxFrames = 8;
/** Bytes of stack each frame has, `MAX_BPF_STACK`. */
export const frameSize = 512;
/** Tail calls one run may make, `MAX_TAIL_CALL_CNT`. */
export const maxTailCalls = 33;
/** Times a `may_goto` goes on in one frame before it jumps, `BPF_MAX_LOOPS`. */
export const maxLoops: number = 8 * 1024 * 1024;
/** Upper half of the addresses of functions: this plus the program's number. No region has such a number. */
export const functionSpace = 0x4000_0000;

/** The state of running programs. */
export class Execution {
  readonly memory: Memory;
  readonly environment: Environment;
  readonly registers: BigUint64Array<ArrayBuffer> = new BigUint64Array(11);
  readonly halves: Int32Array = new Int32Array(this.registers.buffer);
  /** By their numbers; those that are gone leave theirs to others. */
  readonly programs: (PreparedProgram | undefined)[] = [];
  /** Upper half of r10 of each frame; the lower half is the same for all. Tail calls of functions make it longer. */
  frames: Int32Array;
  readonly frameTop: number = regionBase + frameSize;
  budget = 0;
  depth = 0;
  /** Frames there may be: {@link maxFrames} from where the running program started. */
  depthLimit: number = maxFrames;
  tailCalls = 0;
  /** Slot of the last call to a helper, for faults inside of it, and the program it is in. */
  slot = -1;
  program: PreparedProgram | undefined = undefined;
  #arena = 0n;

  constructor(memory: Memory, environment: Environment) {
    this.memory = memory;
    this.environment = environment;
    this.frames = Int32Array.from({ length: maxFrames }, (_, frame) => this.#frame(frame));
  }

  #frame(frame: number): number {
    return Number(this.memory.allocate(`stack of frame ${frame}`, frameSize) >> 32n);
  }

  /** Starts a run from outside of all others. */
  start(budget: number): void {
    this.budget = budget;
    this.tailCalls = 0;
    this.depthLimit = maxFrames;
  }

  /** Goes on in another program, or back in one: short addresses are those of its arena. */
  go(program: PreparedProgram | undefined): void {
    this.program = program;
    const arena = program?.arena?.address ?? 0n;
    if (arena === this.#arena) return;
    this.#arena = arena;
    this.memory.shorten(arena);
  }

  /** The helper or kfunc that a call means. @throws MachineFault naming it, when there is none. */
  calleeOf(call: Instruction, slot: number): Helper {
    if (call.kind === "call-helper") {
      const helper = this.environment.helpers?.get(call.id);
      if (helper !== undefined) return helper;
      throw new MachineFault("call", `helper ${call.id} is not implemented here`, slot, {
        source: call.source,
      });
    }
    if (call.kind !== "call-kfunc")
      throw new MachineFault("call", `${call.kind} calls no helper`, slot);
    const kfunc = this.environment.kfuncs?.get(call.function);
    if (kfunc !== undefined) return kfunc;
    throw new MachineFault("call", `kfunc ${call.function} is not implemented here`, slot, {
      source: call.source,
    });
  }

  /** What the wide load at `slot` loads. @throws MachineFault for an address nobody knows. */
  wideValue(
    instruction: Instruction & { readonly kind: "wide-load" },
    slot: number,
    program: PreparedProgram,
  ): bigint {
    const { value } = instruction;
    if (typeof value === "bigint") return BigInt.asUintN(64, value);
    if (value.kind === "function") {
      return (BigInt(functionSpace + program.number) << 32n) | BigInt(program.targets[slot]!);
    }
    const address = this.environment.addressOf?.(value);
    if (address !== undefined) return BigInt.asUintN(64, address);
    throw new MachineFault(
      "instruction",
      `nothing gives the address of ${JSON.stringify(value)}`,
      slot,
      { source: instruction.source },
    );
  }

  /** Enters a frame. @throws MachineFault beyond the eighth of a program. */
  enter(slot: number): void {
    if (this.depth >= this.depthLimit)
      throw new MachineFault("depth", `a call would need more than ${maxFrames} frames`, slot);
    this.depth++;
  }

  /** The program that `bpf_tail_call` goes to, with r0 set to an error when it goes nowhere. */
  tailTarget(slot: number): PreparedProgram | undefined {
    const hook = this.environment.tailCall;
    if (hook === undefined)
      throw new MachineFault("tail-call", "tail calls are not implemented here", slot);
    const target =
      this.tailCalls >= maxTailCalls ? undefined : hook(this.registers[2]!, this.halves[6]! >>> 0);
    if (target === undefined) this.registers[0] = 0xffff_ffff_ffff_fffen;
    else this.#goOnBelow();
    return target as PreparedProgram | undefined;
  }

  /** A program that a function goes on in has as many frames as any: those that called the function wait for it. */
  #goOnBelow(): void {
    this.tailCalls++;
    const limit = this.depth - 1 + maxFrames;
    this.depthLimit = Math.max(this.depthLimit, limit);
    const { frames } = this;
    if (limit <= frames.length) return;
    const frame = (_: unknown, index: number): number => frames[index] ?? this.#frame(index);
    this.frames = Int32Array.from({ length: limit }, frame);
  }

  /** Calls a helper; r0 becomes its answer. Its own callbacks leave r1 to r10 of the caller to the engine. */
  callHelper(helper: Helper, machine: Machine): void {
    const answer = helper(machine);
    if (typeof answer === "number") {
      const whole = Math.trunc(answer);
      this.halves[0] = whole;
      this.halves[1] = Math.floor(whole / 0x1_0000_0000);
    } else this.registers[0] = answer;
  }

  /** A legacy packet load of r6; -1 where the packet ends. */
  packet(context: bigint, offset: number, size: number, slot: number): number {
    const hook = this.environment.packetLoad;
    if (hook === undefined)
      throw new MachineFault("instruction", "legacy packet loads are not implemented here", slot);
    return hook(context, offset, size) ?? -1;
  }
}
