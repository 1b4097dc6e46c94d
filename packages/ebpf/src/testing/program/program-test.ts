/**
 * A program under test: loaded, with its maps, to be run on what a test gives it.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { kindOf } from "../../base/given.ts";
import { didYouMean } from "../../base/text.ts";
import type { Collection } from "../../collection/collection.ts";
import type { Live } from "../../collection/load.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { encodeValue } from "../../layout/value.ts";
import type { BpfMap } from "../../map/bpf-map.ts";
import type { Program } from "../../program/program.ts";
import { isGlobalSpec, type EventSpec, type MapSpec } from "../../spec/map-spec.ts";
import type { AttachTarget, ProgramSpec } from "../../spec/program-spec.ts";
import { SimulatedKernel } from "../../sim/simulated-kernel.ts";
import { EventMap } from "../../stream/event-map.ts";
import type { Coverage } from "../coverage/coverage.ts";
import { type Element, expectElements, expectSameEvents } from "./compare.ts";
import { instructionText } from "./instruction-text.ts";
import { ProgramRun } from "./program-run.ts";
import { type RunInput, runOn } from "./run-input.ts";

/** What a {@link ProgramTest} is made of. */
export interface ProgramTestHold<Target extends AttachTarget> {
  readonly kernel: Kernel;
  /** Owned by the test from now on. */
  readonly collection: Collection;
  readonly program: Program<ProgramSpec<Target>>;
  readonly coverage: Coverage | undefined;
}

/** A map under test that holds elements. */
type Elements<Spec> =
  Live<Spec> extends Iterable<readonly [infer Key, infer Value]>
    ? Iterable<readonly [Key, Value]>
    : never;

/** A loaded program with its maps. Whoever made it closes it. */
export class ProgramTest<Target extends AttachTarget = AttachTarget>
  implements Disposable, AsyncDisposable
{
  readonly kernel: Kernel;
  readonly program: Program<ProgramSpec<Target>>;
  readonly #collection: Collection;
  readonly #coverage: Coverage | undefined;

  constructor({ kernel, collection, program, coverage }: ProgramTestHold<Target>) {
    this.kernel = kernel;
    this.program = program;
    this.#collection = collection;
    this.#coverage = coverage;
    if (coverage === undefined) return;
    assertCounted(kernel);
    for (const each of collection.programs.values()) coverage.addProgram(each);
  }

  /**
   * The simulated kernel, to set clock, process and random numbers, or to make it fail.
   * @throws {InvalidArgumentError} when the program is tested in the running one.
   */
  get simulated(): SimulatedKernel {
    if (this.kernel instanceof SimulatedKernel) return this.kernel;
    throw new InvalidArgumentError("this program is tested in the running kernel", {
      hint: 'test it in the simulated one: testProgram(program, { kernel: "simulated" })',
    });
  }

  /** Its instructions as stable text, for snapshots: of the program as it was loaded, with lines of its source. */
  get instructions(): string {
    return instructionText(this.program.spec);
  }

  /**
   * Runs the program once.
   * @throws {NotSupportedError} when the kernel does not run this type of program so.
   * @throws {MachineFault} when, in the simulated kernel, it does what it cannot.
   */
  run(input: RunInput = {}): ProgramRun<Target> {
    const coverage = this.#coverage;
    const run = () => runOn(this.program, input);
    const outcome = coverage === undefined ? run() : coverage.watch(this.simulated, run);
    return new ProgramRun<Target>(this.program.spec, outcome);
  }

  /**
   * A live map of the program: by its specification, or for those of object files by name.
   * @throws {InvalidArgumentError} when it is none of this program's.
   */
  map<Spec extends MapSpec>(spec: Spec): Live<Spec>;
  map(name: string): BpfMap;
  map(which: MapSpec | string): unknown {
    const name = typeof which === "string" ? which : which.name;
    const maps = [...this.#collection.maps.values()];
    const found = maps.find((map) => map.name === name);
    if (found !== undefined) return found;
    const names = maps.map((map) => map.name);
    const hint =
      didYouMean(name, names) ??
      (names.length === 0
        ? "the program uses no maps; give those it does: testProgram(program, { maps: [map] })"
        : `its maps are ${names.join(", ")}`);
    throw new InvalidArgumentError(`program "${this.program.name}" has no map "${name}"`, { hint });
  }

  /** The events that programs have submitted to a ring or perf buffer since it was asked last. */
  events<Event>(ring: MapSpec & EventSpec<Event>): Event[] {
    const live: unknown = this.map(ring.name);
    if (live instanceof EventMap) return [...(live as EventMap<Event>).drain()];
    throw new InvalidArgumentError(`map "${ring.name}" holds no events`, {
      hint: "ring buffers and perf buffers do",
    });
  }

  /**
   * Expects a map to hold exactly these elements, in any order. Elements of arrays that are zero do not count.
   * @throws {ExpectationError} with the elements that differ.
   */
  expectMap<Spec extends MapSpec>(spec: Spec, expected: Elements<Spec>): this;
  expectMap(name: string, expected: Iterable<Element>): this;
  expectMap(which: MapSpec | string, expected: Iterable<Element>): this {
    const map = typeof which === "string" ? this.map(which) : (this.map(which) as BpfMap);
    if (typeof expected !== "object" || expected === null || !(Symbol.iterator in expected)) {
      throw new InvalidArgumentError(`the elements of map "${map.name}" are ${kindOf(expected)}`, {
        hint: "give a list of keys with values: [[1, 5n]]",
      });
    }
    expectElements(map.name, elementsOf(map), [...expected]);
    return this;
  }

  /**
   * Expects exactly these events, in this order, since it was asked last.
   * @throws {ExpectationError} with the events that differ.
   */
  expectEvents<Event>(ring: MapSpec & EventSpec<Event>, expected: readonly Event[]): this {
    expectSameEvents(ring.name, this.events(ring), expected);
    return this;
  }

  close(): void {
    this.#collection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

function assertCounted(kernel: Kernel): void {
  if (kernel.kind === "simulated") return;
  throw new InvalidArgumentError("only the simulated kernel tells what of a program it executes", {
    hint: 'leave coverage out, or test in it: { kernel: "simulated", coverage }',
  });
}

function elementsOf(map: BpfMap): readonly Element[] {
  const { name, spec } = map;
  if (!(Symbol.iterator in map)) {
    throw new InvalidArgumentError(`map "${name}" has no elements to look at`, {
      hint: "maps of keys and values do; of variables look at the value, of rings at the events",
    });
  }
  const all = [...(map as unknown as Iterable<Element>)];
  const isArray = spec.type === "array" && !isGlobalSpec(spec);
  return isArray ? all.filter(([, value]) => encodeValue(spec.value, value).some(Boolean)) : all;
}
