/**
 * A text, the programs in it, and the simulated kernel they are loaded into: all that the page does, without the page.
 *
 * Each text that compiles gets a kernel of its own, which lasts until the next one does; so counts go up from run to run.
 * A run is recorded, and {@link Session.move} goes through what it did.
 * @module
 */
import * as library from "ts-ebpf";
import { type BpfMap, type Collection, type CollectionSpec, load, type Program } from "ts-ebpf";
import * as assembler from "ts-ebpf/asm";
import { helperSymbol } from "ts-ebpf/asm";
import { syntaxProblems } from "ts-ebpf/capture";
import { formatLine, type Instruction, slotCount } from "ts-ebpf/isa";
import { createSimulatedKernel, type SimulatedKernel } from "ts-ebpf/sim";
import { describeVerdict, hexOf } from "./describe.ts";
import { type Exports, importText } from "./import-text.ts";
import { inputKindOf, readInput } from "./input.ts";
import { shownMaps, takeEvents, viewMap } from "./loaded-maps.ts";
import { problemsOf, syntaxProblem } from "./problems.ts";
import type {
  Compiled,
  EventView,
  InstructionView,
  KernelState,
  MoveRequest,
  ProgramView,
  Refused,
  RunReport,
  RunRequest,
  StepView,
} from "./protocol.ts";
import { RecordedRun } from "./recorded-run.ts";

/** What the text goes by in messages. */
export const textPath = "program.ts";

/** What is loaded. */
interface Loaded {
  readonly kernel: SimulatedKernel;
  readonly collection: Collection;
  readonly maps: ReadonlyMap<string, BpfMap>;
}

/** The state of one page. */
export class Session {
  #loaded: Loaded | undefined;
  #run: RecordedRun | undefined;
  #events: EventView[] = [];

  /** Compiles and loads what `text` exports. What was loaded before stays when there are mistakes. */
  async compile(text: string): Promise<Compiled | Refused> {
    const wrong = syntaxProblems({ path: textPath, text });
    if (wrong.length > 0) return { kind: "refused", problems: wrong.map(syntaxProblem(text)) };
    try {
      await this.#load(text);
    } catch (error) {
      return { kind: "refused", problems: problemsOf(error, textPath) };
    }
    const programs = [...this.#loaded!.collection.programs];
    return {
      kind: "compiled",
      programs: programs.map(([name, program]) => viewProgram(name, program)),
      state: this.#state(),
    };
  }

  async #load(text: string): Promise<void> {
    const modules = { "ts-ebpf": library, "ts-ebpf/asm": assembler };
    const specs = specsIn(await importText(text, { path: textPath, modules }));
    const kernel = createSimulatedKernel();
    const collection: Collection = await load(specs, { kernel });
    this.#loaded?.collection.close();
    this.#loaded = { kernel, collection, maps: shownMaps(collection.maps) };
    this.#events = [];
    this.#run = undefined;
  }

  /** Runs a program once. */
  run({ program: name, input }: RunRequest): RunReport {
    const { kernel, collection, maps } = this.#loaded!;
    const program = collection.programs.get(name)!;
    const run = new RecordedRun(kernel, maps, () =>
      kernel.run(program, readInput(inputKindOf(program.type), input)),
    );
    this.#run = run;
    this.#events.push(...takeEvents(collection.maps));
    const { outcome, executed } = run.recording;
    const [problem] = outcome.kind === "threw" ? problemsOf(outcome.error, textPath) : [];
    const value = outcome.kind === "returned" ? outcome.value : undefined;
    return {
      kind: "ran",
      verdict: value && describeVerdict(program.type, value.value),
      packet: value?.packet && hexOf(value.packet),
      problem,
      executed,
      state: this.#state(),
      step: run.view(),
    };
  }

  /** Goes to another place in what the last run did. */
  move(request: MoveRequest): StepView {
    return this.#run!.move(request);
  }

  #state(): KernelState {
    const { kernel, maps } = this.#loaded!;
    return {
      maps: [...maps].map(([name, map]) => viewMap(name, map)),
      events: this.#events,
      printed: [...kernel.world.printed],
    };
  }
}

/** The maps and programs among the exports of a text. */
function specsIn(exports: Exports): CollectionSpec {
  const specs = Object.entries(exports).filter(([, value]) => isSpec(value));
  if (specs.some(([, value]) => (value as { kind: string }).kind !== "map"))
    return Object.fromEntries(specs) as CollectionSpec;
  throw new library.InvalidArgumentError("the text exports no program", {
    hint: "export what xdp(…), tracepoint(…) and the like return: export const onPacket = xdp(…)",
  });
}

function isSpec(value: unknown): boolean {
  const kind = (value as { kind?: unknown } | null)?.kind;
  return kind === "map" || kind === "program" || kind === "source-program";
}

function viewProgram(name: string, { type, spec }: Program): ProgramView {
  return {
    name,
    type,
    input: inputKindOf(type),
    instructions: viewInstructions(spec.instructions),
  };
}

function viewInstructions(instructions: readonly Instruction[]): readonly InstructionView[] {
  let slot = 0;
  let line: number | undefined;
  return instructions.map((instruction) => {
    const at = slot;
    slot += slotCount(instruction);
    if (instruction.source !== undefined) line = instruction.source.line;
    return { slot: at, text: formatLine(instruction, at, { helperSymbol }), line };
  });
}
