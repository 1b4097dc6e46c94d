/**
 * The files of the repository, as text, for the checks of this folder.
 *
 * A check is a function over a list of these, so that its own test can hand it files that are wrong.
 * @module
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A text file; its path is relative to the root of the repository. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Something wrong at a place, as one line: `btf/reader.ts:12: reaches into asm/`. */
export type Finding = string;

/** Root of the repository. */
export const root: string = new URL("../../", import.meta.url).pathname;

/** Every text file of the repository that somebody wrote or generated and that git keeps. */
export function readTree(): readonly TextFile[] {
  return [...globSync("{*,.*}", { cwd: root }), ...globSync("{*,.ci}/**/*", { cwd: root, exclude })]
    .filter((path) => textual.test(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Number of the line that holds the character at `offset`, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Whether a path is that of a test, or of something only tests use. */
export function isTest(path: string): boolean {
  return /\.test(-d)?\.ts$|^packages\/\w+\/test\//.test(path);
}

/** Whether a file was written by a program. */
export function isGenerated(path: string): boolean {
  return path.includes("/generated/");
}

const textual =
  /\.(ts|js|json|jsonc|md|c|h|sh|yml|yaml|txt)$|^\.ci\/run$|^\.[a-z]+rc$|^\.gitignore$/;

function exclude(path: string): boolean {
  return /(^|\/)(node_modules|dist|build|coverage)$/.test(path);
}
