/**
 * The table of what works on which kernel, made of the results of tests and of nothing else.
 *
 * A row is a suite of tests by its title, where all its tests fare alike on every kernel, and else each of its tests. So the
 * table says no more than was tried, and needs no list of its own of what there is.
 * @module
 */
import type { TestResult } from "../test/results.ts";
import { type KernelResults, skipKind } from "./kernel-results.ts";

/** Where the table is, from the root of the repository. */
export const tablePath = "docs/kernels-table.md";

/** Parts of the table, by the folders whose tests they show. */
const parts: readonly (readonly [title: string, folders: readonly string[]])[] = [
  ["Maps", ["packages/ebpf/src/map/"]],
  ["Attaching", ["packages/ebpf/src/link/"]],
  ["Loading", ["packages/ebpf/src/program/", "packages/ebpf/src/collection/"]],
  ["Events", ["packages/ebpf/src/stream/"]],
  ["Sockets for packets", ["packages/ebpf/src/xdp-socket/"]],
  ["Object files", ["packages/ebpf/src/object/"]],
  ["What is loaded", ["packages/ebpf/src/inspect/", "packages/ebpf/src/kernel/"]],
  ["Programs in TypeScript", ["packages/ebpf/src/lang/"]],
  ["Samples", ["examples/samples/"]],
  ["The command", ["packages/cli/"]],
];

const preface = `# What works on which kernel

Made by \`npm run test:vm -- --table\` from the results of the kernel tests in guests with kernels of Debian, and not edited
by hand. Each test attaches what it is about and sees the effect.

- **yes**: the tests passed.
- **no**: this kernel does not have it: it is too old, or was built without.
- **refused**: this kernel has it and does not allow it.
- **—**: not tried: the machine lacks something else that the tests need.
- **FAILED**: it should work and does not.
- empty: the tests did not run on this kernel.
`;

/** How something fares on a kernel; empty when nothing was tried. */
type Cell = "yes" | "no" | "refused" | "—" | "FAILED" | "";

interface Row {
  readonly title: string;
  readonly cells: readonly Cell[];
}

/** The document: one part per kind of thing, one column per kernel. */
export function kernelTable(all: readonly KernelResults[]): string {
  const tables = parts.flatMap(([title, folders]) => {
    const rows = rowsOf(all, (file) => folders.some((folder) => file.startsWith(folder)));
    return rows.length === 0 ? [] : [`## ${title}\n\n${tableOf(all, "", rows)}`];
  });
  return [preface, tableOf(all, "all kernel tests", countRows(all)), ...tables].join("\n");
}

function tableOf(all: readonly KernelResults[], corner: string, rows: readonly RowText[]): string {
  const titles = line([corner, ...all.map(({ kernel }) => kernel)]);
  const rule = line(Array.from({ length: all.length + 1 }, () => "---"));
  return titles + rule + rows.map(({ title, cells }) => line([escaped(title), ...cells])).join("");
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;

type RowText = { readonly title: string; readonly cells: readonly string[] };

function countRows(all: readonly KernelResults[]): readonly RowText[] {
  return (["pass", "fail", "skip"] as const).map((status) => ({
    title: { pass: "passed", fail: "failed", skip: "skipped" }[status],
    cells: all.map(({ results }) => String(results.filter((one) => one.status === status).length)),
  }));
}

const escaped = (text: string): string => text.replaceAll(/[|<>*_]/g, String.raw`\$&`);

function rowsOf(
  all: readonly KernelResults[],
  isWanted: (file: string) => boolean,
): readonly Row[] {
  const tests = new Map<string, Cell[]>();
  all.forEach(({ results }, column) => {
    for (const result of results) {
      if (!isWanted(result.file) || isWrapper(result)) continue;
      const key = JSON.stringify([result.file, ...result.path.map(plainTitle)]);
      const cells = tests.get(key) ?? all.map((): Cell => "");
      cells[column] = worse(cells[column]!, cellOf(result));
      tests.set(key, cells);
    }
  });
  return [...groupBySuite(tests)].flatMap(([suite, members]) => rowsOfSuite(suite, members));
}

/** A test that only starts its file anew: what is in there tells for itself. */
function isWrapper({ path, status }: TestResult): boolean {
  return path.at(-1) === "passes in a network namespace of its own" && status === "pass";
}

/** Some tests say in their title that they see a refusal here. */
const refusal = /^are refused at /;
const plainTitle = (title: string): string => title.replace(refusal, "run at ");

function cellOf({ status, reason = "", path }: TestResult): Cell {
  if (status === "fail") return "FAILED";
  if (status === "pass") return refusal.test(path.at(-1)!) ? "refused" : "yes";
  const kinds = { "not in this kernel": "no", refused: "refused", "not on this machine": "—" };
  return kinds[skipKind(reason)] as Cell;
}

const order: readonly Cell[] = ["", "yes", "—", "no", "refused", "FAILED"];

/** Of two tests of one title, what the worse one says. */
function worse(left: Cell, right: Cell): Cell {
  return order.indexOf(left) > order.indexOf(right) ? left : right;
}

/** Tests of a suite, by their own titles. A suite that was skipped as a whole has one without a title. */
type Members = ReadonlyMap<string, readonly Cell[]>;

function groupBySuite(tests: ReadonlyMap<string, readonly Cell[]>): ReadonlyMap<string, Members> {
  const suites = new Map<string, Map<string, readonly Cell[]>>();
  const parents = new Set(
    [...tests.keys()].map((key) => JSON.stringify((JSON.parse(key) as string[]).slice(0, -1))),
  );
  for (const [key, cells] of tests) {
    const path = JSON.parse(key) as string[];
    const isSuite = parents.has(key);
    const suite = isSuite ? key : JSON.stringify(path.slice(0, -1));
    const members = suites.get(suite) ?? new Map<string, readonly Cell[]>();
    members.set(isSuite ? "" : path.at(-1)!, cells);
    suites.set(suite, members);
  }
  return suites;
}

function rowsOfSuite(suite: string, members: Members): readonly Row[] {
  const [file = "", ...titles] = JSON.parse(suite) as string[];
  const whole = members.get("") ?? [];
  const tests = [...members].filter(([title]) => title !== "");
  const rows = tests.map(([title, cells]) => ({
    title: `${titles.join(", ")}: ${title}`,
    // Where the whole suite was skipped, so was each of its tests.
    cells: cells.map((cell, column): Cell => (cell === "" ? (whole[column] ?? "") : cell)),
  }));
  const name =
    titles.length === 0 ? file.replace(/^.*\/|\.kernel\.test\.ts$/g, "") : titles.join(", ");
  const [first] = rows;
  if (first === undefined) return [{ title: name, cells: whole }];
  const alike = rows.every(({ cells }) => cells.join() === first.cells.join());
  return alike ? [{ title: name, cells: first.cells }] : rows;
}
