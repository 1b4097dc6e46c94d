/**
 * Programs as fixtures of test runners: loaded before a test, closed after it, however it ends.
 * @module
 */
import type { AttachTarget } from "../../spec/program-spec.ts";
import type { ProgramTest } from "./program-test.ts";
import { testProgram, type TestedSpec, type TestProgramOptions } from "./test-program.ts";

/**
 * Makes bodies of tests that are given the program, loaded anew for each, for node:test and other runners that call functions:
 * `const filtering = withProgram(filter)`, then `it("drops", filtering((test) => { … }))`.
 */
export function withProgram<Target extends AttachTarget>(
  program: TestedSpec<Target>,
  options?: TestProgramOptions,
): (body: (test: ProgramTest<Target>) => void | Promise<void>) => () => Promise<void> {
  return (body) => async () => {
    using test = await testProgram(program, options);
    await body(test);
  };
}

/** A fixture as `test.extend` of vitest takes it. */
export type Fixture<Value> = (
  context: object,
  use: (value: Value) => Promise<void>,
) => Promise<void>;

/**
 * The program as a fixture of vitest, loaded anew for each test that asks for it:
 * `const it = test.extend({ filtering: programFixture(filter) })`, then `it("drops", ({ filtering }) => { … })`. Vitest
 * changes modules before it runs them, so the configuration needs the plugin of `ts-ebpf/plugin` (`vite`).
 */
export function programFixture<Target extends AttachTarget>(
  program: TestedSpec<Target>,
  options?: TestProgramOptions,
): Fixture<ProgramTest<Target>> {
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the text of the function which fixtures it needs
  return async ({}, use) => {
    using test = await testProgram(program, options);
    await use(test);
  };
}
