/**
 * The walk over all paths of a program, ended early where nothing new can come.
 *
 * Paths are followed depth first. Where they meet, the state is compared with those that were there before: when one
 * of them allowed all that this one can do, and everything from it on was found to be right, the path ends. Meeting a
 * state that is still being followed is a loop that makes no progress. The rules are those of `do_check` and
 * `is_state_visited` of kernel/bpf/verifier.c.
 * @module
 */
import type { Instruction } from "../../isa/instruction.ts";
import type { Surroundings } from "./access.ts";
import { part } from "./compare.ts";
import { successors } from "./flow.ts";
import { liveRegisters, type Slots } from "./live.ts";
import type { CheckedProgram } from "./program.ts";
import { Refusal, Undecided } from "./refusal.ts";
import { assertResult } from "./result-range.ts";
import { copyState, currentFrame, newFrame, type State, subsumesState } from "./state.ts";
import { isPointer, pointer, unset } from "./value.ts";
import { step } from "./step.ts";

/** As many instructions the kernel looks at, over all paths (`BPF_COMPLEXITY_LIMIT_INSNS`). */
const kernelBudget = 1_000_000;

/** As many paths may wait to be followed (`BPF_COMPLEXITY_LIMIT_JMP_SEQ`). */
const maxWaiting = 8192;

/** How to walk. */
export interface WalkOptions {
  readonly observe?: Observer | undefined;
  /** Instructions looked at before the walk gives up undecided; at 1 million the kernel itself refuses. */
  readonly budget: number;
}

/** Told of each instruction with what is known before it. */
export type Observer = (slot: number, state: State) => void;

/** What the walk has seen so far; also read after it ended early. */
export interface Progress {
  looked: number;
  state: State;
  /** The way to the instruction looked at last. */
  trail: Trail | undefined;
}

/** Slots on the way, the last one first. */
export interface Trail {
  readonly slot: number;
  readonly before: Trail | undefined;
}

/** A state that was met where paths meet. */
interface Met {
  readonly state: State;
  /** Paths from here that are not at their end. */
  open: number;
  readonly before: Met | undefined;
}

interface Waiting {
  readonly state: State;
  readonly met: Met | undefined;
  readonly trail: Trail | undefined;
}

/** At one place so many states are kept; more would cost more than they save. */
const maxMet = 16;

/** So many instructions lie between states that are kept; copies cost more than looking twice. */
const keepDistance = 8;

/** A walk over one program. */
export class Walker {
  readonly progress: Progress;
  readonly #slots: Slots;
  readonly #program: CheckedProgram;
  readonly #live: Uint16Array;
  readonly #options: WalkOptions;
  readonly #met = new Map<number, Met[]>();
  readonly #waiting: Waiting[] = [];
  readonly #joins: ReadonlySet<number>;
  #ids = 0;
  /** How many instructions had been looked at when a state was last kept. */
  #kept = -keepDistance;
  #last: Met | undefined;

  constructor(program: CheckedProgram, slots: Slots, options: WalkOptions) {
    this.#program = program;
    this.#slots = slots;
    this.#options = options;
    this.#live = liveRegisters(slots);
    this.#joins = joinsOf(slots);
    const frame = newFrame(0, -1, 0);
    frame.registers[1] = pointer("ctx");
    const state: State = { slot: 0, frames: [frame], references: new Map(), lock: 0 };
    this.progress = { looked: 0, state, trail: undefined };
  }

  /** Follows all paths. Throws a {@link Refusal} or {@link Undecided}; `progress` tells where. */
  run(): void {
    this.#waiting.push({ state: this.progress.state, met: undefined, trail: undefined });
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.#last = next.met;
      this.progress.trail = next.trail;
      this.#follow(next.state);
      this.#close(this.#last);
    }
  }

  /** Follows one path to its end. */
  #follow(state: State): void {
    this.progress.state = state;
    for (;;) {
      if (this.#joins.has(state.slot) && this.#isKnown(state)) return;
      const it = this.#slots[state.slot]!;
      this.progress.trail = { slot: state.slot, before: this.progress.trail };
      assertBudget(++this.progress.looked, this.#options.budget);
      this.#options.observe?.(state.slot, state);
      step(this.#around(state), it);
      const next = this.#leave(it, state);
      if (next === undefined) return;
      this.progress.state = state = next;
    }
  }

  #around(state: State): Surroundings {
    return { program: this.#program, state, newId: () => ++this.#ids };
  }

  /** Goes on behind an instruction; `undefined` at the end of a path. */
  #leave(it: Instruction, state: State): State | undefined {
    if (it.kind === "jump-if") return this.#part(it, state);
    if (it.kind === "call-local") return enter(state, state.slot + 1 + (it.target as number));
    if (it.kind === "exit") return this.#return(state);
    if (it.kind === "may-goto") throw new Undecided("may_goto");
    state.slot = successors(it, state.slot)[0]!;
    return state;
  }

  #part(it: Extract<Instruction, { kind: "jump-if" }>, state: State): State | undefined {
    const { slot } = state;
    const { taken, next } = part(it, state);
    if (taken !== undefined) taken.slot = slot + 1 + (it.target as number);
    if (next !== undefined) next.slot = slot + 1;
    if (taken === undefined || next === undefined) return taken ?? next;
    if (this.#waiting.length >= maxWaiting) {
      throw new Refusal(`The sequence of ${maxWaiting + 1} jumps is too complex.`, "E2BIG");
    }
    if (this.#last !== undefined) this.#last.open++;
    this.#waiting.push({ state: taken, met: this.#last, trail: this.progress.trail });
    return next;
  }

  #return(state: State): State | undefined {
    const result = currentFrame(state).registers[0]!;
    if (state.frames.length === 1) {
      assertNothingHeld(state);
      assertResult(this.#program, result);
      return undefined;
    }
    if (result.kind === "fp")
      throw new Refusal("cannot return stack pointer to the caller", "EINVAL");
    const { returnTo } = state.frames.pop()!;
    const { registers } = currentFrame(state);
    registers.fill(unset, 1, 6);
    registers[0] = result;
    const depth = state.frames.length;
    for (const frame of state.frames) {
      for (const slot of frame.stack) {
        if (
          slot?.value !== undefined &&
          isPointer(slot.value) &&
          slot.value.kind === "fp" &&
          slot.value.place >= depth
        ) {
          throw new Refusal(
            "cannot spill pointers to stack into stack frame of the caller",
            "EINVAL",
          );
        }
      }
    }
    state.slot = returnTo;
    return state;
  }

  /** Whether a state like this was followed to its end before; otherwise it is kept. */
  #isKnown(state: State): boolean {
    const met = this.#met.get(state.slot) ?? [];
    const live = this.#live[state.slot]!;
    for (const other of met) {
      if (!subsumesState(other.state, state, live)) continue;
      if (other.open === 0) return true;
      if (subsumesState(state, other.state, 0x7ff)) {
        throw new Refusal(`infinite loop detected at insn ${state.slot}`, "EINVAL", state.slot);
      }
    }
    if (this.progress.looked - this.#kept < keepDistance) return false;
    this.#kept = this.progress.looked;
    const added: Met = { state: copyState(state), open: 1, before: this.#last };
    this.#last = added;
    if (met.length >= maxMet) met.shift();
    met.push(added);
    this.#met.set(state.slot, met);
    return false;
  }

  /** A path has ended: states from which all paths have ended are closed, which may end those before them. */
  #close(last: Met | undefined): void {
    for (let met = last; met !== undefined && --met.open === 0; met = met.before);
  }
}

function assertBudget(looked: number, budget: number): void {
  if (looked > kernelBudget) {
    throw new Refusal(`BPF program is too large. Processed ${looked} insn`, "E2BIG");
  }
  if (looked > budget) throw new Undecided(`more than ${budget} instructions on all paths`);
}

/** Places that can be reached in several ways. */
function joinsOf(slots: Slots): ReadonlySet<number> {
  const joins = new Set<number>();
  for (const [slot, it] of slots.entries()) {
    if (it === undefined) continue;
    if (it.kind === "jump-if" || it.kind === "jump" || it.kind === "long-jump") {
      for (const target of successors(it, slot)) joins.add(target);
    }
    if (it.kind === "call-local") joins.add(slot + 1);
  }
  return joins;
}

const maxFrames = 8;

function enter(state: State, start: number): State {
  if (state.frames.length >= maxFrames) {
    throw new Refusal(`the call stack of ${maxFrames + 1} frames is too deep !`, "E2BIG");
  }
  const caller = currentFrame(state);
  const frame = newFrame(start, state.slot + 1, state.frames.length);
  for (let register = 1; register <= 5; register++) {
    frame.registers[register] = caller.registers[register]!;
  }
  state.frames.push(frame);
  state.slot = start;
  return state;
}

function assertNothingHeld({ references, lock }: State): void {
  for (const [id, slot] of references) {
    throw new Refusal(
      `Unreleased reference id=${id} alloc_insn=${slot}\nBPF_EXIT instruction in main prog would lead to reference leak`,
      "EINVAL",
    );
  }
  if (lock !== 0)
    throw new Refusal(
      "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region",
      "EINVAL",
    );
}
