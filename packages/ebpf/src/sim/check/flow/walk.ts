/**
 * The walk over all paths of a program, ended early where nothing new can come.
 *
 * Paths are followed depth first. Where they meet, the state is compared with those that were there before: when one
 * of them allowed all that this one can do, and everything from it on was found to be right, the path ends. Meeting a
 * state that is still being followed is a loop that makes no progress, but for loops that end by themselves: iterators,
 * callbacks and `may_goto`. The rules are those of `do_check` of kernel/bpf/verifier.c.
 * @module
 */
import type { Instruction } from "../../../isa/instruction.ts";
import { returnsNothing } from "../context/function-arguments.ts";
import { assertResult } from "../function/result-range.ts";
import { type FunctionTable, tailCall } from "../function/table.ts";
import { forgetPacket } from "../helper/changes-packet.ts";
import { step } from "../instruction/step.ts";
import type { Surroundings } from "../memory/access.ts";
import { markPrecise, originFrom } from "../number/origin.ts";
import { constantScalar, unknownScalar } from "../number/scalar.ts";
import type { CheckedProgram } from "../program.ts";
import { PathEnd, Refusal, Undecided } from "../refusal.ts";
import { assertNothingHeld } from "../state/held.ts";
import { copyState, currentFrame, newFrame, nothingKnown, type State } from "../state/state.ts";
import { isPointer, unset } from "../state/value.ts";
import { widen } from "../state/widen.ts";
import { part } from "./branch.ts";
import { successors } from "./control-flow.ts";
import { liveRegisters, type Slots } from "./live.ts";
import { closePath, type Met, Visited } from "./visited.ts";

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

interface Waiting {
  readonly state: State;
  readonly met: Met | undefined;
  readonly trail: Trail | undefined;
}

/** So many instructions lie between states that are kept; copies cost more than looking twice. */
const keepDistance = 8;

/** A walk over one program. */
export class Walker {
  readonly progress: Progress;
  readonly #slots: Slots;
  readonly #program: CheckedProgram;
  readonly #functions: FunctionTable;
  readonly #options: WalkOptions;
  readonly #visited: Visited;
  readonly #waiting: Waiting[] = [];
  readonly #joins: ReadonlySet<number>;
  /** Kinds of addresses that each load and store was met with. */
  readonly #kinds = new Map<number, string>();
  #ids = 0;
  /** How many instructions had been looked at when a state was last kept. */
  #kept = -keepDistance;
  #last: Met | undefined;

  constructor(
    program: CheckedProgram,
    { slots, functions }: { readonly slots: Slots; readonly functions: FunctionTable },
    options: WalkOptions,
  ) {
    this.#program = program;
    this.#slots = slots;
    this.#functions = functions;
    this.#options = options;
    const live = liveRegisters(slots, (it) => functions.parametersOf(it));
    this.#visited = new Visited((slot) => live[slot]!);
    this.#joins = joinsOf(slots, functions);
    this.progress = { looked: 0, state: emptyState(program), trail: undefined };
  }

  /** Follows all paths of one function that is checked by itself. Throws a {@link Refusal} or {@link Undecided}. */
  run(state: State): void {
    this.#visited.clear();
    this.#waiting.push({ state, met: undefined, trail: undefined });
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.#last = next.met;
      this.progress.trail = next.trail;
      this.#follow(next.state);
      closePath(this.#last);
    }
  }

  /** Surroundings of a state, for who makes one before the walk. */
  around(state: State): Surroundings {
    return {
      program: this.#program,
      functions: this.#functions,
      kinds: this.#kinds,
      state,
      newId: () => ++this.#ids,
      follow: (other) => this.#later(other),
      begin: (other) => this.#putAside(other, undefined),
      before: () => this.#before(state),
    };
  }

  /** Follows one path to its end. */
  #follow(state: State): void {
    this.progress.state = state;
    for (;;) {
      const it = this.#slots[state.slot]!;
      if (this.#joins.has(state.slot) && this.#isKnown(state)) return;
      this.progress.trail = { slot: state.slot, before: this.progress.trail };
      assertBudget(++this.progress.looked, this.#options.budget);
      this.#options.observe?.(state.slot, state);
      if (!this.#step(state, it)) return;
      const next = this.#leave(it, state);
      if (next === undefined) return;
      this.progress.state = state = next;
    }
  }

  /** Whether the path goes on. */
  #step(state: State, it: Instruction): boolean {
    try {
      step(this.around(state), it);
      return true;
    } catch (error) {
      if (error instanceof PathEnd) return false;
      throw error;
    }
  }

  /** Goes on behind an instruction; `undefined` at the end of a path. */
  #leave(it: Instruction, state: State): State | undefined {
    if (it.kind === "jump-if") return this.#part(it, state);
    if (it.kind === "call-local") return this.#enter(state, state.slot + 1 + (it.target as number));
    if (it.kind === "exit") return this.#return(state);
    if (it.kind === "may-goto") return this.#mayGo(state, state.slot + 1 + (it.target as number));
    if (state.frames.length > 1) this.#leaveEarly(it, state);
    state.slot = successors(it, state.slot)[0]!;
    return state;
  }

  #part(it: Extract<Instruction, { kind: "jump-if" }>, state: State): State | undefined {
    const { slot } = state;
    const { taken, next } = part(it, state);
    if (taken !== undefined) taken.slot = slot + 1 + (it.target as number);
    if (next !== undefined) next.slot = slot + 1;
    if (taken === undefined || next === undefined) return taken ?? next;
    this.#later(taken);
    return next;
  }

  /** Puts a path aside that is followed when this one has ended. */
  #later(state: State): void {
    this.#putAside(state, this.#last);
  }

  #putAside(state: State, met: Met | undefined): void {
    if (this.#waiting.length >= maxWaiting) {
      throw new Refusal(`The sequence of ${maxWaiting + 1} jumps is too complex.`, "E2BIG");
    }
    if (met !== undefined) met.open++;
    this.#waiting.push({ state, met, trail: this.progress.trail });
  }

  /** The state in which this path was here before. */
  #before({ slot, frames }: State): State | undefined {
    for (let met = this.#last?.before; met !== undefined; met = met.before) {
      const { state } = met;
      if (state.slot === slot && sameCalls(state.frames, frames)) return state;
    }
    return undefined;
  }

  /** A jump that is taken at some time: both ways, and the one that goes round again learns nothing more. */
  #mayGo(state: State, target: number): State {
    const around = copyState(state);
    const before = this.#before(state);
    if (before !== undefined) widen(before, around);
    around.slot = state.slot + 1;
    around.rounds++;
    this.#later(around);
    state.slot = target;
    return state;
  }

  /**
   * A load from the packet that fails leaves the function with 0, and a tail call with what the other program returns,
   * which may have moved the packet.
   */
  #leaveEarly(it: Instruction, state: State): void {
    const tail = it.kind === "call-helper" && it.id === tailCall;
    if (!tail && it.kind !== "packet-load") return;
    const early = copyState(state);
    const result = tail ? unknownScalar : constantScalar(0n);
    currentFrame(early).registers[0] = { ...result, origin: originFrom() };
    if (tail) forgetPacket(early);
    const left = this.#return(early);
    if (left !== undefined) this.#later(left);
  }

  #return(state: State): State | undefined {
    const result = currentFrame(state).registers[0]!;
    const { callback } = currentFrame(state);
    if (callback !== undefined) return this.#returnFromCallback(state);
    if (state.frames.length === 1) {
      assertNothingHeld(state, atExit);
      const { start } = currentFrame(state);
      const own = this.#functions.byStart.get(start);
      const isOwn = start !== 0 && start !== this.#functions.exceptionCallback;
      if (isOwn) assertOwnResult(result, own?.returnsNothing === true);
      else if (result.kind === "unset" && returnsNothing(this.#program)) return undefined;
      else if (result.kind === "unset") throw new Refusal("R0 !read_ok");
      else if (assertResult(this.#program, result) && result.kind === "scalar") {
        markPrecise(result.origin);
      }
      return undefined;
    }
    if (result.kind === "fp")
      throw new Refusal("cannot return stack pointer to the caller", "EINVAL");
    const { returnTo } = state.frames.pop()!;
    const { registers } = currentFrame(state);
    registers.fill(unset, 1, 6);
    registers[0] = result;
    assertNoStackAbove(state);
    state.slot = returnTo;
    return state;
  }

  /** Behind a callback its call is looked at again, as the helper may call it again. */
  #returnFromCallback(state: State): State | undefined {
    const { registers, callback } = currentFrame(state);
    const { results, call, later } = callback!;
    const result = registers[0]!;
    if (result.kind !== "scalar") throw new Refusal(`R0 not a scalar value`);
    markPrecise(result.origin);
    const { smin, smax } = result.wide;
    if (smin < results[0] || smax > results[1]) {
      throw new Refusal(
        `At callback return the register R0 has smin=${smin} smax=${smax} should have been in [${results[0]}, ${results[1]}]`,
        "EINVAL",
      );
    }
    if (later) {
      assertNothingHeld(state, atExit);
      return undefined;
    }
    state.frames.pop();
    assertNoStackAbove(state);
    state.slot = call;
    const before = this.#before(state);
    state.rounds++;
    if (before !== undefined) widen(before, state);
    return state;
  }

  /** Whether a state like this was followed to its end before; otherwise it may be kept. */
  #isKnown(state: State): boolean {
    const endless = this.#functions.loops.has(state.slot);
    const always = endless || this.#functions.defers.has(state.slot);
    const keep = always || this.progress.looked - this.#kept >= keepDistance;
    if (this.#visited.has({ state, last: this.#last, endless, keep })) return true;
    if (!keep) return false;
    this.#kept = this.progress.looked;
    this.#last = this.#visited.keep(state, this.#last);
    return false;
  }

  #enter(state: State, start: number): State {
    const called = this.#functions.byStart.get(start);
    if (called?.global === true) {
      this.#functions.call(this.around(state), called);
      state.slot += 1;
      return state;
    }
    if (state.frames.length >= maxFrames) {
      throw new Refusal(`the call stack of ${maxFrames} frames is too deep`, "E2BIG");
    }
    const caller = currentFrame(state);
    const usage = this.#functions.usageOf(start);
    const frame = newFrame({ start, returnTo: state.slot + 1, depth: state.frames.length }, usage);
    for (let register = 1; register <= 5; register++) {
      frame.registers[register] = caller.registers[register]!;
    }
    state.frames.push(frame);
    state.slot = start;
    return state;
  }
}

/** Whether both came here by the same calls. */
function sameCalls(a: State["frames"], b: State["frames"]): boolean {
  return a.length === b.length && a.every(({ returnTo }, index) => returnTo === b[index]!.returnTo);
}

/** What a program starts with: its main function, of which nothing else is known. */
export function emptyState({ flags }: CheckedProgram): State {
  const state = nothingKnown({ sleepable: flags?.includes("sleepable") === true });
  state.frames.push(newFrame({ start: 0, returnTo: -1, depth: 0 }));
  return state;
}

function assertBudget(looked: number, budget: number): void {
  if (looked > kernelBudget) {
    throw new Refusal(`BPF program is too large. Processed ${looked} insn`, "E2BIG");
  }
  if (looked > budget) throw new Undecided(`more than ${budget} instructions on all paths`);
}

/** Places that can be reached in several ways. */
function joinsOf(slots: Slots, { loops, defers }: FunctionTable): ReadonlySet<number> {
  const joins = new Set<number>([...loops, ...defers]);
  for (const [slot, it] of slots.entries()) {
    if (it === undefined) continue;
    if (
      it.kind === "jump-if" ||
      it.kind === "jump" ||
      it.kind === "long-jump" ||
      it.kind === "may-goto"
    ) {
      for (const target of successors(it, slot)) joins.add(target);
    }
    if (it.kind === "call-local") joins.add(slot + 1);
  }
  return joins;
}

const maxFrames = 8;

const atExit = "BPF_EXIT instruction in main prog";

function assertOwnResult(
  result: State["frames"][number]["registers"][number],
  nothing: boolean,
): void {
  if (nothing || result.kind === "scalar") return;
  if (result.kind === "unset") throw new Refusal("R0 !read_ok");
  throw new Refusal(
    `At subprogram exit the register R0 is not a scalar value (${result.kind})`,
    "EINVAL",
  );
}

function assertNoStackAbove(state: State): void {
  const depth = state.frames.length;
  for (const { stack } of state.frames) {
    for (const slot of stack) {
      const value = slot?.value;
      if (value === undefined || !isPointer(value) || value.kind !== "fp" || value.place < depth)
        continue;
      throw new Refusal("cannot spill pointers to stack into stack frame of the caller", "EINVAL");
    }
  }
}
