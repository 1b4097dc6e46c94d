/**
 * Tests of programs: load one, run it on packets and contexts, look at what it returned, changed and sent.
 *
 * By default that happens in a simulated kernel, which needs no privileges and no Linux; by option, or for a whole test run
 * with `EBPF_TEST_KERNEL=native`, in the running one. What a test says is the same for both.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { kindOf } from "../../base/given.ts";
import { compileAndLoad } from "../../collection/load.ts";
import type { Program } from "../../program/program.ts";
import type { CollectionSpec } from "../../spec/collection-spec.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { AttachTarget, ProgramSpec } from "../../spec/program-spec.ts";
import type { SourceProgramSpec } from "../../spec/source-program.ts";
import type { Coverage } from "../coverage/coverage.ts";
import { ProgramTest } from "./program-test.ts";
import { kernelFor, type TestedIn } from "./test-kernel.ts";

/** How a program is tested. */
export interface TestProgramOptions {
  /** `simulated` when left out, or what the environment variable `EBPF_TEST_KERNEL` says. */
  readonly kernel?: TestedIn;
  /** Maps of the program that are not found by themselves: those of programs of instructions. */
  readonly maps?: readonly MapSpec[];
  /** Counts what is executed. Only in the simulated kernel. */
  readonly coverage?: Coverage;
}

/** A program of instructions, or a function marked "use bpf". */
export type TestedSpec<Target extends AttachTarget> =
  | ProgramSpec<Target>
  | SourceProgramSpec<Target>;

/** The key of the program in the collection, and its name when it has none. */
const key = "tested";

/**
 * Loads a program to test it; the caller closes the test, best with `using test = await testProgram(…)`. Maps that a program
 * written in TypeScript uses are found by themselves. The running kernel wants the privileges that loading wants.
 * @throws {CompileError} when it cannot be compiled; {@link VerifierError} when the kernel rejects it.
 * @throws {InvalidArgumentError} when it is no program, or coverage is wanted of the running kernel.
 */
export async function testProgram<Target extends AttachTarget>(
  program: TestedSpec<Target>,
  { kernel: chosen, maps = [], coverage }: TestProgramOptions = {},
): Promise<ProgramTest<Target>> {
  assertProgram(program);
  const kernel = kernelFor(chosen);
  const spec: CollectionSpec = {
    ...Object.fromEntries(maps.map((map) => [map.name, map])),
    [key]: program,
  };
  using loading = new DisposableStack();
  const collection = loading.use(await compileAndLoad(kernel, spec));
  const loaded = collection.programs.get(key) as Program<ProgramSpec<Target>>;
  const test = new ProgramTest({ kernel, collection, program: loaded, coverage });
  loading.move();
  return test;
}

function assertProgram(program: unknown): void {
  const { kind } = (program ?? {}) as { readonly kind?: unknown };
  if (kind === "program" || kind === "source-program") return;
  const what = kind === "map" ? "a map" : kindOf(program);
  throw new InvalidArgumentError(`testProgram is given ${what}, not a program`, {
    hint: 'give what xdp(…), tpBtf("…", …) and the like return',
  });
}
