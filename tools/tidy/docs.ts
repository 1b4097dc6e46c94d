/**
 * What is shown in the documents is true: links lead somewhere, code stands in a tested file, commands exist.
 *
 * Code in a page is copied from a region of an example, so that a test runs what the reader reads. The comment before the
 * block, `<!-- from examples/x.ts#region -->`, says which; the region stands between `// #region name` and `// #endregion`.
 * Prose is not looked at.
 * @module
 */
import { posix } from "node:path";
import { type Finding, lineAt, type TextFile } from "./tree.ts";

/** What documents can refer to. */
export interface Surroundings {
  /** Whether a file or folder exists at a path relative to the root. */
  readonly exists: (path: string) => boolean;
  /** Text of the file at a path relative to the root. */
  readonly read: (path: string) => string;
  /** Names of the scripts of the root's package.json. */
  readonly scripts: readonly string[];
}

/** What is wrong with one markdown file. */
export function checkDocument(file: TextFile, around: Surroundings): readonly Finding[] {
  const blocks = blocksOf(file.text);
  const shown = blocks.filter(({ language }) => language === "ts" && isForReaders(file.path));
  const commands = blocks.filter(({ language }) => language === "sh");
  return [
    ...checkLinks(file, around),
    ...shown.flatMap((block) => at(file, block, checkExample(block, around))),
    ...commands.flatMap((block) => at(file, block, checkCommands(block.code, around))),
  ];
}

/** Pages for users show tested code; those for contributors may show a pattern. */
function isForReaders(path: string): boolean {
  return /(^|\/)README\.md$|^(docs|tutorial)\//.test(path);
}

/** A fenced block of a page. */
interface Block {
  readonly language: string;
  readonly code: string;
  /** What the comment right before it says it is from: `examples/x.ts#region`. */
  readonly source: string | undefined;
  readonly line: number;
}

const fence =
  /^(?:<!-- from (?<source>\S+) -->\n+)?^```(?<language>\w*)[^\n]*\n(?<code>.*?)^```$/gms;

function blocksOf(text: string): Block[] {
  return [...text.matchAll(fence)].map(({ index, groups }) => ({
    language: groups?.["language"] ?? "",
    code: groups?.["code"] ?? "",
    source: groups?.["source"],
    line: lineAt(text, index),
  }));
}

function at(file: TextFile, { line }: Block, complaints: readonly string[]): Finding[] {
  return complaints.map((complaint) => `${file.path}:${line} ${complaint}`);
}

/** Relative links, which are `[text](path#part)`; what stands in code is none. */
function checkLinks({ path, text }: TextFile, { exists }: Surroundings): Finding[] {
  const prose = text.replaceAll(fence, (code) => code.replaceAll(/[^\n]/g, " "));
  return [...prose.matchAll(/\]\((?!\w+:|#|\/)([^)#\s]+)[^)]*\)/g)]
    .map(({ index, [1]: target }) => ({ line: lineAt(text, index), target: target! }))
    .filter(({ target }) => !exists(posix.join(posix.dirname(path), target)))
    .map(({ line, target }) => `${path}:${line} links to ${target}, which is not there`);
}

const shortest = 3;
const longest = 25;

function checkExample({ code, source }: Block, { exists, read }: Surroundings): string[] {
  const [path, region] = source?.split("#") ?? [];
  if (path === undefined || region === undefined) {
    return ["shows code that is in no example; put <!-- from FILE#REGION --> before it"];
  }
  if (!exists(path)) return [`shows ${path}, which is not there`];
  const shown = regionOf(read(path), region);
  if (shown === undefined) return [`shows #${region}, which ${path} does not have`];
  const lines = shown.trimEnd().split("\n").length;
  return [
    ...(code === shown ? [] : [`differs from ${source}`]),
    ...(lines < shortest || lines > longest
      ? [`shows ${lines} lines of ${source}; a reader takes in ${shortest} to ${longest}`]
      : []),
    ...(isTested(path, exists) ? [] : [`shows ${path}, which no test runs`]),
  ];
}

/** Text of a region, moved to the left margin; `undefined` when there is none of this name. */
export function regionOf(text: string, name: string): string | undefined {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim() === `// #region ${name}`);
  const end = lines.findIndex((line, index) => index > start && line.trim() === "// #endregion");
  if (start === -1 || end === -1) return undefined;
  const inside = lines.slice(start + 1, end);
  const indents = inside.filter((line) => line !== "").map((line) => line.search(/\S/));
  const margin = Math.min(...indents);
  return inside.map((line) => `${line.slice(margin)}\n`).join("");
}

/** Whether a test stands beside a file; a test itself is one. */
function isTested(path: string, exists: Surroundings["exists"]): boolean {
  const name = path.replace(/\.ts$/, "");
  return [".test.ts", ".kernel.test.ts"].some(
    (suffix) => path.endsWith(suffix) || exists(name + suffix),
  );
}

/** Scripts and files that a shell block runs, where they are of this repository. */
function checkCommands(code: string, { exists, scripts }: Surroundings): string[] {
  const known = new Set([...scripts, "ci", "install", "exec", "pack"]);
  const runs = [...code.matchAll(/\bnpm (?:run )?(?:-s )?([\w:.-]+)/g)].map(
    ({ [1]: name }) => name!,
  );
  const files = [...code.matchAll(/\b(?:node|bash|sh) ((?:[\w.-]+\/)+[\w.-]+)/g)].map(
    ({ [1]: path }) => path!,
  );
  return [
    ...runs
      .filter((name) => !known.has(name))
      .map((name) => `runs npm script ${name}, which is not there`),
    ...files.filter((path) => !exists(path)).map((path) => `runs ${path}, which is not there`),
  ];
}
