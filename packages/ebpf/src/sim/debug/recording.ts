/**
 * Recordings: everything a program of the simulated kernel did, instruction by instruction.
 *
 * Programs run to their end in one go, as helpers and their callbacks lie on JavaScript's own stack; so nothing is stopped
 * half-way. What was seen before each instruction is kept instead, and can be gone through in both directions
 * ({@link Stepper}). Memory that is not the stack is kept where somebody watches it.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { frameSize } from "../vm/execution.ts";
import type { Machine, Program, Step } from "../vm/machine.ts";
import type { Memory } from "../vm/memory.ts";

/** What is kept of one instruction. Everything is as it was before it. */
export interface RecordedStep {
  /** Its place in the recording, from 0 up. */
  readonly index: number;
  /** Instructions of the program; another one after a tail call, or when several programs ran. */
  readonly program: Program;
  readonly slot: number;
  /** With its line of source, where that is known. */
  readonly instruction: Instruction;
  /** 0 for the program itself, 1 for a function it calls. */
  readonly depth: number;
  /** r0 to r10. */
  readonly registers: readonly bigint[];
  /** The 512 bytes below r10. Steps that left it as it was share them. */
  readonly stack: Uint8Array;
  /** What is watched, by name. */
  readonly watched: ReadonlyMap<string, unknown>;
}

/**
 * Something to look at before each instruction: an element of a map, bytes of memory, a register… What it returns must not
 * change later: copy bytes.
 */
export type Watch = (step: Step, memory: Memory) => unknown;

/** Options of recording. */
export interface RecordOptions {
  /** What to keep beside registers and stack, by name. */
  readonly watch?: Readonly<Record<string, Watch>>;
  /** Steps to keep, 100 000 when left out. The programs run on without being recorded. */
  readonly limit?: number;
}

/** How what was recorded ended. */
export type Outcome<T> =
  | { readonly kind: "returned"; readonly value: T }
  | { readonly kind: "threw"; readonly error: unknown };

/** What programs did. */
export interface Recording<T = unknown> {
  readonly steps: readonly RecordedStep[];
  readonly outcome: Outcome<T>;
  /** Instructions that were executed; more than there are steps when the limit was reached. */
  readonly executed: number;
}

const usualLimit = 100_000;

/**
 * Runs `run`, and keeps what the programs do that it runs. What it throws, a fault of a program for example, is kept too.
 * @throws {InvalidArgumentError} for a limit that is no number of steps.
 */
export function record<T>(
  machine: Machine,
  run: () => T,
  { watch = {}, limit = usualLimit }: RecordOptions = {},
): Recording<T> {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidArgumentError(`${limit} is no number of steps`, { hint: "give 1 or more" });
  const recorder = new Recorder(machine.memory, watch);
  let executed = 0;
  const trace = (step: Step): void => {
    if (executed < limit) recorder.add(step);
    executed += 1;
  };
  const outcome = outcomeOf(() => machine.traced(trace, run));
  return { steps: recorder.steps, outcome, executed };
}

function outcomeOf<T>(run: () => T): Outcome<T> {
  try {
    return { kind: "returned", value: run() };
  } catch (error) {
    return { kind: "threw", error };
  }
}

class Recorder {
  readonly steps: RecordedStep[] = [];
  readonly #memory: Memory;
  readonly #watches: readonly (readonly [string, Watch])[];
  #stack: Uint8Array = new Uint8Array();

  constructor(memory: Memory, watch: Readonly<Record<string, Watch>>) {
    this.#memory = memory;
    this.#watches = Object.entries(watch);
  }

  add(step: Step): void {
    const { slot, instruction, depth, program } = step;
    this.steps.push({
      index: this.steps.length,
      program,
      slot,
      instruction,
      depth,
      registers: [...step.registers],
      stack: this.#stackOf(step),
      watched: new Map(this.#watches.map(([name, look]) => [name, look(step, this.#memory)])),
    });
  }

  #stackOf({ registers }: Step): Uint8Array {
    const bytes = this.#memory.bytes(registers[10]! - BigInt(frameSize), frameSize);
    if (!isSame(bytes, this.#stack)) this.#stack = bytes.slice();
    return this.#stack;
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
