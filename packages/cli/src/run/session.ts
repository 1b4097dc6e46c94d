/**
 * One load of a file's programs: loaded, attached, shown, detached, accounted for.
 *
 * Every event between attaching and detaching is shown or, where the ring counts, told as lost. To that end programs are
 * detached first, then rings are emptied, and only then maps and counters are read. When this process ends, however it
 * ends, the kernel takes away all that it made.
 * @module
 */
import type { BpfMap, Collection, Layout, RingBuffer } from "ts-ebpf";
import type { SimulatedKernel } from "ts-ebpf/sim";
import type { ProgramFile } from "../program-file/open.ts";
import type { LineWriter } from "../terminal/line-writer.ts";
import { type Attachments, attachAll } from "./attach-all.ts";
import type { RunOptions } from "./command.ts";
import { EventPrinter, type EventSource } from "./event-printer.ts";
import { type ShownMaps, shownMaps } from "./map-elements.ts";
import type { RunSummary, RunView } from "./run-view.ts";
import { replayFile, simulatedKernel } from "./simulated.ts";
import { setVariables } from "./variables.ts";

/** What a session is made of. */
export interface SessionParts {
  readonly file: ProgramFile;
  readonly options: RunOptions;
  /** Lent. */
  readonly lines: LineWriter;
  /** Makes the view, once the rings are known. */
  readonly openView: (rings: ReadonlyMap<string, Layout<unknown>>) => RunView;
}

/** Loaded programs. Disposing of it unloads them. */
export class Session implements Disposable {
  readonly #parts: SessionParts;
  readonly #collection: Collection;
  readonly #rings: ReadonlyMap<string, AnyRing>;
  readonly #shown: ShownMaps;
  readonly #view: RunView;
  readonly #printer: EventPrinter;
  #attachments: Attachments | undefined;
  #startedMs = 0;

  private constructor(parts: SessionParts, collection: Collection) {
    const { options, lines, openView } = parts;
    this.#parts = parts;
    this.#collection = collection;
    this.#rings = new Map([...collection.maps].filter(isRing));
    const perCpu = options.perCpu === true ? "each" : "sum";
    this.#shown = shownMaps(collection.maps, { perCpu, cpus: collection.kernel.cpus.possible });
    this.#view = openView(new Map([...this.#rings].map(([name, { spec }]) => [name, spec.value])));
    const rings = this.#rings as ReadonlyMap<string, EventSource>;
    const limit = options.count ?? Infinity;
    this.#printer = new EventPrinter({ rings, lines, view: this.#view, limit });
  }

  /**
   * Compiles and loads the programs of `parts.file`.
   * @throws {CompileError} {@link VerifierError} {@link PermissionError} and what else loading throws.
   */
  static async load(parts: SessionParts): Promise<Session> {
    const { library, specs } = parts.file;
    setVariables(specs, parts.options.set ?? []);
    const { options } = parts;
    const kernel =
      options.sim === true ? simulatedKernel(library, options) : library.sys.openNativeKernel();
    const collection: Collection = await library.main.load(specs, { kernel });
    return new Session(parts, collection);
  }

  /**
   * Attaches the programs; from here on rings keep what happens.
   * @throws {InvalidArgumentError} when a program does not say where, and no option does.
   */
  attach(): void {
    const { file, options } = this.#parts;
    this.#attachments = attachAll(this.#collection, options, file.library.main);
    this.#startedMs = performance.now();
  }

  /** Which kernel it is loaded into. */
  get kernelKind(): "native" | "simulated" {
    return this.#collection.kernel.kind;
  }

  /**
   * Lets happen on the simulated kernel what the input says.
   * @throws {InvalidArgumentError} when a line of it says nothing that can happen.
   */
  replay(): void {
    const { file, options } = this.#parts;
    const kernel = this.#collection.kernel as SimulatedKernel;
    if (options.input !== undefined) replayFile(file.library, kernel, options.input);
  }

  /** What is attached to what: `onExec at raw tracepoint sched_process_exec`. */
  get attached(): readonly string[] {
    return [...(this.#attachments?.links ?? [])].map(
      ([name, { target }]) => `${name} at ${target}`,
    );
  }

  /** Shows events, and at each interval the maps, until the signal or until no more are wanted. */
  async showUntil(signal: AbortSignal): Promise<void> {
    const { interval } = this.#parts.options;
    const timer =
      interval === undefined ? undefined : setInterval(() => this.#showState(), interval);
    try {
      await this.#printer.printUntil(signal);
    } finally {
      clearInterval(timer);
    }
  }

  /** Detaches, and shows what is left: events, maps, and for programs the summary. */
  async conclude(): Promise<RunSummary> {
    const attachments = this.#attachments;
    const iterators = this.#iteratorTexts();
    const seconds = (performance.now() - this.#startedMs) / 1000;
    attachments?.[Symbol.dispose]();
    await this.#printer.printRest();
    const { lines } = this.#parts;
    for (const line of this.#view.state({ ...this.#shown, iterators })) lines.write(line);
    const summary = this.#summary(seconds);
    const last = this.#view.summary?.(summary);
    if (last !== undefined) lines.write(last);
    await lines.settled();
    return summary;
  }

  [Symbol.dispose](): void {
    this.#attachments?.[Symbol.dispose]();
    this.#collection.close();
  }

  #showState(): void {
    const { lines } = this.#parts;
    // What the reader has not taken yet would only grow.
    if (lines.full) return;
    const iterators = this.#iteratorTexts();
    for (const line of this.#view.state({ ...this.#shown, iterators })) lines.write(line);
  }

  /** What iterators write now: they cannot be asked after they were detached. */
  #iteratorTexts(): { readonly name: string; readonly text: () => string }[] {
    return [...(this.#attachments?.iterators ?? [])].map(([name, link]) => {
      const written = link.text();
      return { name, text: () => written };
    });
  }

  #summary(seconds: number): RunSummary {
    const lost = new Map<string, number>();
    for (const [name, ring] of this.#rings) {
      const count = ring.lost();
      if (count !== undefined) lost.set(name, Number(count));
    }
    const missed = new Map<string, number>();
    for (const [name, program] of this.#collection.programs) {
      const { recursionMisses } = program.info();
      if (recursionMisses > 0n) missed.set(name, Number(recursionMisses));
    }
    return { seconds, events: this.#printer.printed, lost, missed };
  }
}

type AnyRing = RingBuffer<unknown>;

function isRing(entry: [string, BpfMap]): entry is [string, AnyRing] {
  return entry[1].spec.type === "ringbuf";
}
