/**
 * Going through a recording, forwards and backwards: what a debugger does, after the program has run.
 *
 * The stepper stands before an instruction, or behind the last one. Moves return whether there was somewhere to go; a move
 * that meets nothing to stop at goes to the end it was going to. Lines are those of the source that instructions carry.
 * @module
 */
import type { SourceLine } from "../../isa/instruction.ts";
import type { RecordedStep, Recording } from "./recording.ts";

/** Where to stop: before a line is begun, before an instruction, or when something holds. */
export type Breakpoint =
  | {
      /** From 1 up. */
      readonly line: number;
      /** The file, or the end of its path; any when left out. */
      readonly file?: string;
    }
  | { readonly slot: number }
  | { readonly when: (step: RecordedStep) => boolean };

/** A register whose change stops, or the name of something that is watched. */
export type Watched = `r${number}` | (string & {});

/** What `resume` stops at. */
export interface Stops {
  readonly breakpoints?: readonly Breakpoint[];
  /** Registers, and names of what the recording watches: stops behind the instruction that changed one. */
  readonly watch?: readonly Watched[];
}

/** A place in a recording. */
export class Stepper {
  readonly recording: Recording;
  #at = 0;

  constructor(recording: Recording) {
    this.recording = recording;
  }

  /** Number of steps in front of this place. */
  get position(): number {
    return this.#at;
  }

  /** The instruction that comes next, with everything as it is before it; undefined at the end. */
  get current(): RecordedStep | undefined {
    return this.recording.steps[this.#at];
  }

  /** The instruction that was executed last. */
  get previous(): RecordedStep | undefined {
    return this.recording.steps[this.#at - 1];
  }

  /** To the start. */
  restart(): void {
    this.#at = 0;
  }

  /** To a place: a number of steps from the start. */
  goTo(position: number): void {
    this.#at = Math.min(Math.max(0, Math.trunc(position)), this.recording.steps.length);
  }

  /** One instruction on. */
  stepInstruction(): boolean {
    return this.#forward(() => true);
  }

  /** To the next line, over calls. */
  stepLine(): boolean {
    const from = this.current;
    return this.#forward((step) => step.depth <= (from?.depth ?? 0) && isElsewhere(step, from));
  }

  /** To the next line, into the functions that are called. */
  stepInto(): boolean {
    const from = this.current;
    return this.#forward((step) => step.depth !== from?.depth || isElsewhere(step, from));
  }

  /** Behind the call that this function was called by. */
  stepOut(): boolean {
    const depth = this.current?.depth ?? 0;
    return this.#forward((step) => step.depth < depth);
  }

  /** To the next place that `stops` tells, or the end. */
  resume(stops: Stops = {}): boolean {
    return this.#forward((step, before) => isStop(stops, step, before));
  }

  /** One instruction back. */
  back(): boolean {
    return this.#backward(() => true);
  }

  /** To the start of the line before this one, over calls. */
  backLine(): boolean {
    const from = this.current;
    const depth = from?.depth ?? 0;
    const found = this.#backward((step) => step.depth <= depth && isElsewhere(step, from));
    for (let at = this.#at; at >= 0; at = this.#before(at)) {
      if (isElsewhere(this.recording.steps[at]!, this.current)) break;
      this.#at = at;
    }
    return found;
  }

  /** Back to the last place that `stops` tells, or the start. */
  resumeBack(stops: Stops = {}): boolean {
    return this.#backward((step, before) => isStop(stops, step, before));
  }

  /** The step before `at` of the same function, or of one that called it: what it called is passed over. */
  #before(at: number): number {
    const { steps } = this.recording;
    let before = at - 1;
    while (before >= 0 && steps[before]!.depth > steps[at]!.depth) before -= 1;
    return before;
  }

  #forward(isGoal: (step: RecordedStep, before: RecordedStep) => boolean): boolean {
    const { steps } = this.recording;
    if (this.#at >= steps.length) return false;
    do this.#at += 1;
    while (this.#at < steps.length && !isGoal(steps[this.#at]!, steps[this.#at - 1]!));
    return true;
  }

  #backward(isGoal: (step: RecordedStep, before: RecordedStep | undefined) => boolean): boolean {
    const { steps } = this.recording;
    if (this.#at === 0) return false;
    do this.#at -= 1;
    while (this.#at > 0 && !isGoal(steps[this.#at]!, steps[this.#at - 1]));
    return true;
  }
}

function isElsewhere(step: RecordedStep, from: RecordedStep | undefined): boolean {
  const [line, other] = [step.instruction.source, from?.instruction.source];
  return line !== undefined && !isSameLine(line, other);
}

function isSameLine(left: SourceLine, right: SourceLine | undefined): boolean {
  return left.line === right?.line && left.file === right.file;
}

function isStop(
  { breakpoints = [], watch = [] }: Stops,
  step: RecordedStep,
  before: RecordedStep | undefined,
): boolean {
  return (
    breakpoints.some((breakpoint) => isAt(breakpoint, step, before)) ||
    (before !== undefined && watch.some((name) => hasChanged(name, step, before)))
  );
}

function isAt(
  breakpoint: Breakpoint,
  step: RecordedStep,
  before: RecordedStep | undefined,
): boolean {
  if ("slot" in breakpoint) return step.slot === breakpoint.slot;
  if ("when" in breakpoint) return breakpoint.when(step);
  const { source } = step.instruction;
  if (source?.line !== breakpoint.line || !source.file.endsWith(breakpoint.file ?? ""))
    return false;
  return before?.depth !== step.depth || !isSameLine(source, before.instruction.source);
}

/** Whether something differs between two steps. */
export function hasChanged(name: Watched, step: RecordedStep, before: RecordedStep): boolean {
  const register = /^r(\d|10)$/.exec(name)?.[1];
  if (register !== undefined && !step.watched.has(name))
    // Each function has a frame of its own, so what is in registers of another one is another thing.
    return (
      step.depth === before.depth &&
      step.registers[Number(register)] !== before.registers[Number(register)]
    );
  return textOf(step.watched.get(name)) !== textOf(before.watched.get(name));
}

/** Equal for equal values. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (inner instanceof Map) return [...inner];
    return inner instanceof Uint8Array ? [...inner] : inner;
  });
}
