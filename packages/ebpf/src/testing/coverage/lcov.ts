/**
 * Coverage as a tracefile of lcov (geninfo(1)), which editors, forges and services for coverage read.
 * @module
 */
import { type CoverageReport, type FileCoverage, shareOf } from "./report.ts";

/** The tracefile. */
export function lcovText({ files }: CoverageReport): string {
  return files.map(recordOf).join("");
}

function recordOf({ path, lines, branches, functions }: FileCoverage): string {
  const edges = branches.flatMap(({ fallen, taken }) => [fallen, taken]);
  const found = shareOf([...lines.values()]);
  const reached = shareOf(edges);
  const called = shareOf(functions.map(({ count }) => count));
  return [
    "TN:",
    `SF:${path}`,
    ...functions.map(({ line, name }) => `FN:${line},${name}`),
    ...functions.map(({ count, name }) => `FNDA:${count},${name}`),
    `FNF:${called.total}`,
    `FNH:${called.covered}`,
    ...branches.flatMap(({ line, fallen, taken }, block) => {
      const never = fallen + taken === 0;
      return [fallen, taken].map(
        (count, branch) => `BRDA:${line},${block},${branch},${never ? "-" : count}`,
      );
    }),
    `BRF:${reached.total}`,
    `BRH:${reached.covered}`,
    ...[...lines].map(([line, count]) => `DA:${line},${count}`),
    `LF:${found.total}`,
    `LH:${found.covered}`,
    "end_of_record",
    "",
  ].join("\n");
}
