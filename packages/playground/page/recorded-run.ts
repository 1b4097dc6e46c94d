/**
 * One run of a program, to go through: registers, stack and maps at every instruction.
 * @module
 */
import type { BpfMap } from "ts-ebpf";
import {
  formatWord,
  type RecordedStep,
  type Recording,
  type SimulatedKernel,
  Stepper,
  type Watch,
} from "ts-ebpf/sim";
import { hexOf } from "./describe.ts";
import { viewMap } from "./loaded-maps.ts";
import type { MapView, Move, MoveRequest, RegisterView, StepView } from "./protocol.ts";

/** Steps that are kept: a loop that never ends still shows how it goes. */
const mostSteps = 20_000;

/** A run that is over. */
export class RecordedRun<T = unknown> {
  readonly recording: Recording<T>;
  readonly #stepper: Stepper;
  readonly #maps: readonly string[];

  /** Runs `run` on `kernel`; `maps` are looked at all the while. */
  constructor(kernel: SimulatedKernel, maps: ReadonlyMap<string, BpfMap>, run: () => T) {
    this.#maps = [...maps.keys()];
    const watch = Object.fromEntries([...maps].map(([name, map]) => [name, watchMap(name, map)]));
    this.recording = kernel.record(run, { watch, limit: mostSteps });
    this.#stepper = new Stepper(this.recording);
  }

  /** The place after a move. */
  move({ move, lines, watch }: MoveRequest): StepView {
    const breakpoints = lines.map((line) => ({ line }));
    moves[move](this.#stepper, { breakpoints, watch });
    return this.view();
  }

  /** The place that was gone to last; the start when none was. */
  view(): StepView {
    const { position, current, previous, recording } = this.#stepper;
    const shown = current ?? previous;
    return {
      kind: "step",
      position,
      total: recording.steps.length,
      slot: current?.slot,
      line: current?.instruction.source?.line,
      depth: shown?.depth ?? 0,
      registers: shown === undefined ? [] : viewRegisters(shown, previous),
      stack: shown === undefined ? [] : viewStack(shown.stack),
      maps: this.#maps.map((name) => shown?.watched.get(name) as MapView),
    };
  }
}

type Stops = Parameters<Stepper["resume"]>[0];

const moves: { readonly [M in Move]: (stepper: Stepper, stops: Stops) => void } = {
  restart: (stepper) => stepper.restart(),
  end: (stepper) => stepper.goTo(Infinity),
  line: (stepper) => stepper.stepLine(),
  into: (stepper) => stepper.stepInto(),
  out: (stepper) => stepper.stepOut(),
  instruction: (stepper) => stepper.stepInstruction(),
  back: (stepper) => stepper.back(),
  "back-line": (stepper) => stepper.backLine(),
  resume: (stepper, stops) => stepper.resume(stops),
};

/** Looks at a map before each instruction, but only anew when the one before it could have changed it. */
function watchMap(name: string, map: BpfMap): Watch {
  let seen: MapView | undefined;
  let last = "";
  return ({ instruction }) => {
    if (seen === undefined || !harmless.has(last)) seen = viewMap(name, map);
    last = instruction.kind;
    return seen;
  };
}

/** Instructions that write no memory. */
const harmless: ReadonlySet<string> = new Set([
  "alu",
  "negate",
  "byte-swap",
  "movsx",
  "load",
  "wide-load",
  "jump",
  "jump-if",
]);

function viewRegisters(
  { registers, depth }: RecordedStep,
  previous: RecordedStep | undefined,
): readonly RegisterView[] {
  return registers.map((value, index) => ({
    name: `r${index}`,
    value: formatWord(value),
    changed: previous?.depth === depth && previous.registers[index] !== value,
  }));
}

const wordBytes = 8;

function viewStack(stack: Uint8Array): StepView["stack"] {
  const words = Array.from({ length: stack.length / wordBytes }, (_, index) => {
    const at = stack.length - (index + 1) * wordBytes;
    return { place: `r10-${stack.length - at}`, word: stack.subarray(at, at + wordBytes) };
  });
  return words
    .filter(({ word }) => word.some((byte) => byte !== 0))
    .map(({ place, word }) => ({ place, bytes: hexOf(word) }));
}
