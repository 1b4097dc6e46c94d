/**
 * Runs the unit tests: all `x.test.ts` that need neither privileges nor this machine's kernel, in one process.
 *
 * One process for all files is what makes the suite take seconds; it also keeps the code free of global state.
 * `npm run test:unit -- btf --test-name-pattern=pads` runs the files with `btf` in their path.
 * @module
 */
import { findTests, parseSelection } from "./files.ts";
import { root, run, testCommand } from "./node.ts";

const { words, options } = parseSelection(process.argv.slice(2));
const files = findTests(root, "unit", words);
if (files.length === 0) {
  console.error(`no unit test has ${words.join(" or ")} in its path`);
  process.exit(1);
}
const seed = new URL("seed.ts", import.meta.url).href;
process.exitCode = await run(
  testCommand(files, [
    `--import=${seed}`,
    "--test-isolation=none",
    "--test-timeout=60000",
    ...options,
  ]),
);
