/**
 * Which test files there are, and which of them a command line asks for.
 *
 * A file's name says what it needs: `x.kernel.test.ts` runs on the kernel of this machine as root, every other
 * `x.test.ts` runs anywhere. What a file tests is not known here.
 * @module
 */
import { globSync } from "node:fs";

/** The two suites. */
export type Suite = "unit" | "kernel";

/** What a command line asks for: words choose files by a part of their path, the rest are options for Node. */
export interface Selection {
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** Tells words from options: `["btf", "--test-name-pattern=pads"]`. */
export function parseSelection(commandLine: readonly string[]): Selection {
  return {
    words: commandLine.filter((argument) => !argument.startsWith("-")),
    options: commandLine.filter((argument) => argument.startsWith("-")),
  };
}

/** Test files of one suite below `root`, sorted, that contain one of the words in their path; all without words. */
export function findTests(root: string, suite: Suite, words: readonly string[] = []): string[] {
  return globSync("*/**/*.test.ts", { cwd: root, exclude: isForeign })
    .filter((path) => path.endsWith(".kernel.test.ts") === (suite === "kernel"))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .toSorted();
}

/** Folders that hold nothing of ours. */
function isForeign(path: string): boolean {
  return /(^|\/)(node_modules|dist|build|coverage)$/.test(path);
}
