/**
 * The debugger of the REPL: records a run of programs on the simulated kernel, and goes through it line by line.
 * @module
 */
import type { RecordedStep, SimulatedKernel, Stepper, Stops } from "ts-ebpf/sim";
import type { Library } from "../program-file/library.ts";

type Simulation = Library["sim"];

/** Instructions shown around the one that comes next, to each side. */
const around = 2;

/** What was recorded last, and where in it one stands. */
export class RunDebugger {
  readonly #simulation: Simulation;
  readonly #kernel: SimulatedKernel;
  #stepper: Stepper | undefined;
  /** Where `resume` stops. */
  readonly lines: Set<number> = new Set();
  readonly watched: Set<string> = new Set();

  constructor(simulation: Simulation, kernel: SimulatedKernel) {
    this.#simulation = simulation;
    this.#kernel = kernel;
  }

  /** Records `run`, and stands at its start, or at the first breakpoint. */
  record(run: () => unknown): string {
    const recording = this.#kernel.record(run);
    this.#stepper = new this.#simulation.Stepper(recording);
    if (recording.steps.length === 0) return "no program ran";
    if (this.lines.size > 0) this.#stepper.resume(this.#stops());
    return this.place();
  }

  /** All of a run as text. */
  trace(run: () => unknown): string {
    const recording = this.#kernel.record(run);
    return [...this.#simulation.formatTrace(recording), this.#outcome(recording)].join("\n");
  }

  /** Moves, and tells where one stands then. */
  move(move: (stepper: Stepper, stops: Stops) => unknown): string {
    if (this.#stepper === undefined)
      return "nothing is recorded: .debug programs.name.run({ data: … })";
    move(this.#stepper, this.#stops());
    return this.place();
  }

  /** The line that comes next, the instructions around the next one, and the registers that the last one changed. */
  place(): string {
    const stepper = this.#stepper!;
    const { current, previous, recording } = stepper;
    if (current === undefined) return this.#outcome(recording);
    const { source } = current.instruction;
    const head = `step ${stepper.position + 1} of ${recording.steps.length}`;
    const line =
      source === undefined ? "" : `  ${source.file}:${source.line}  ${source.text.trim()}`;
    return [head + line, ...this.#code(current), this.#registers(current, previous)].join("\n");
  }

  #code(current: RecordedStep): readonly string[] {
    const { formatStep } = this.#simulation;
    const { slots } = current.program;
    const shown = slots.flatMap((instruction, slot) =>
      instruction === undefined || Math.abs(slot - current.slot) > around
        ? []
        : [{ mark: slot === current.slot ? "→" : " ", slot, instruction }],
    );
    return shown.map(({ mark, slot, instruction }) => {
      const step = { ...current, slot, instruction, depth: 0 };
      return `${mark} ${formatStep(step, undefined)}`;
    });
  }

  #registers(current: RecordedStep, previous: RecordedStep | undefined): string {
    const { formatWord } = this.#simulation;
    const texts = current.registers.map((value, index) => {
      const isNew = previous?.depth === current.depth && previous.registers[index] !== value;
      return `r${index}=${formatWord(value)}${isNew ? "*" : ""}`;
    });
    return `  ${texts.join(" ")}`;
  }

  #outcome({ outcome, executed }: Stepper["recording"]): string {
    const steps = `after ${executed} instructions`;
    return outcome.kind === "returned"
      ? `ended ${steps}`
      : `ended ${steps} with ${String(outcome.error)}`;
  }

  #stops(): Stops {
    return { breakpoints: [...this.lines].map((line) => ({ line })), watch: [...this.watched] };
  }
}
