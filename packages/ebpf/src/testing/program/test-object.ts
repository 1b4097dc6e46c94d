/**
 * Tests of programs in object files, which clang or another compiler made.
 * @module
 */
import { readFileSync } from "node:fs";
import { assert } from "../../base/assert.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { ObjectChanges } from "../../collection/object-types.ts";
import { openObjectFile } from "../../collection/open-object.ts";
import { ProgramTest } from "./program-test.ts";
import { kernelFor } from "./test-kernel.ts";
import type { TestProgramOptions } from "./test-program.ts";

/** How a program of an object file is tested. */
export interface TestObjectOptions extends Omit<TestProgramOptions, "maps"> {
  /** Which of its programs, by the name in C; it can be left out when there is one. */
  readonly program?: string;
  /** What to change before it is loaded, such as values of variables. */
  readonly changes?: ObjectChanges;
}

/**
 * Loads one program of an object file, a path or its bytes, to test it; its maps are found by their names in C. The caller
 * closes the test.
 * @throws {MalformedError} when the file is damaged; {@link VerifierError} when the kernel rejects the program.
 * @throws {InvalidArgumentError} when there is no such program, or several and none is named.
 */
export function testObject(
  source: string | Uint8Array,
  { kernel: chosen, program: wanted, changes = {}, coverage }: TestObjectOptions = {},
): ProgramTest {
  const kernel = kernelFor(chosen);
  const object = openObjectFile(kernel, typeof source === "string" ? readFileSync(source) : source);
  const programs = Object.entries(object.spec).filter(([, { kind }]) => kind === "program");
  const names = programs.map(([name]) => name);
  const name = chosenAmong(names, wanted);
  const autoload = Object.fromEntries(names.map((other) => [other, other === name]));
  using loading = new DisposableStack();
  const collection = loading.use(object.change({ ...changes, autoload }).load());
  const program = collection.programs.get(name);
  assert(program !== undefined, "the collection has the program that was chosen");
  const test = new ProgramTest({ kernel, collection, program, coverage });
  loading.move();
  return test;
}

function chosenAmong(programs: readonly string[], wanted: string | undefined): string {
  const [only, ...others] = programs;
  if (wanted === undefined && only !== undefined && others.length === 0) return only;
  if (wanted !== undefined && programs.includes(wanted)) return wanted;
  const list = programs.length === 0 ? "it has none" : `there are ${programs.join(", ")}`;
  if (wanted === undefined)
    throw new InvalidArgumentError("which program of the object is to be tested?", {
      hint: `say it with program: "…"; ${list}`,
    });
  const hint = didYouMean(wanted, programs) ?? list;
  throw new InvalidArgumentError(`the object has no program "${wanted}"`, { hint });
}
