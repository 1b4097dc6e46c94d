/**
 * What must not stand in a file, as rows: a pattern, where it counts, and what to write instead.
 * @module
 */
import { type Finding, isGenerated, isTest, lineAt, type TextFile } from "./tree.ts";

/** A pattern that must not match. */
export interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  readonly where: (path: string) => boolean;
  readonly instead: string;
}

/** Text files that nobody reads line by line. */
const isMachineMade = (path: string): boolean => isGenerated(path) || path === "package-lock.json";
const isCode = (path: string): boolean => /\.(ts|js)$/.test(path);
/** These files spell out what is forbidden. */
const isRule = (path: string): boolean => /^tools\/tidy\/text(\.test)?\.ts$/.test(path);

/** The rules. */
export const rules: readonly Rule[] = [
  {
    name: "place of one machine",
    pattern: /(?<![\w.])\/(work|root|home)\/\w/,
    where: (path) => !isRule(path),
    instead: "a path relative to the repository, or one made by the test",
  },
  {
    name: "address of a registry",
    pattern:
      /registry\.npmjs\.org|deb\.debian\.org|"resolved": "https?:|https?:\/\/(\d+\.){3}\d+[^"]*\.tgz/,
    where: (path) => !isRule(path),
    instead: "the name of the package; clients know where to ask",
  },
  {
    name: "work nobody has on a list",
    pattern: /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/,
    where: (path) => !isRule(path) && !isMachineMade(path),
    instead: "the number of an issue: TODO(#12)",
  },
  {
    name: "test that silences its neighbours",
    pattern: /\b(it|test|describe|suite)\.only\(|\bonly: true\b/,
    where: (path) => isTest(path) && !isRule(path),
    instead: "--test-name-pattern on the command line",
  },
  {
    name: "sleep in a test",
    pattern:
      /\bsleep\(|\bsetTimeout\b.*"node:timers\/promises"|Atomics\.wait\(|Promise\S*\(\(\w+\) => setTimeout\(/,
    where: (path) => isTest(path) && isCode(path) && !isRule(path),
    instead: "waiting for the event itself, with a deadline",
  },
  {
    name: "error that callers cannot tell apart",
    pattern: /\bthrow new (Error|TypeError|RangeError)\(/,
    where: (path) =>
      /^packages\/(ebpf|cli)\/src\//.test(path) &&
      !isTest(path) &&
      path !== "packages/ebpf/src/base/assert.ts",
    instead: "a class below BpfError, or assert() for a mistake of ours",
  },
  {
    name: "lint rule silenced without a reason",
    pattern: /(oxlint|eslint)-disable(?!.* -- \w)|@ts-(ignore|nocheck|expect-error)(?! \S)/,
    where: (path) => isCode(path) && !isRule(path) && !isMachineMade(path),
    instead: "the reason behind it: `-- why`",
  },
  {
    name: "long line",
    pattern: /^.{131,}$/,
    where: (path) => isCode(path) && !isMachineMade(path) && !path.includes("/test/"),
    instead: "at most 130 characters; the formatter does code, comments are yours",
  },
];

/** Where a file breaks the rules. */
export function checkText({ path, text }: TextFile): readonly Finding[] {
  return rules
    .filter(({ where }) => where(path))
    .flatMap(({ name, pattern, instead }) =>
      [...text.matchAll(new RegExp(pattern, "gm"))].map(
        ({ index }) => `${path}:${lineAt(text, index)} ${name}; write ${instead}`,
      ),
    );
}
