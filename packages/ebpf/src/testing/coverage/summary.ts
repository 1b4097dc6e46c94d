/**
 * Coverage as text for people: a table of programs, then the lines that nothing reached.
 * @module
 */
import { type CoverageReport, type FileCoverage, type Share, shareOf } from "./report.ts";

/** The text, ending in a line break. */
export function summaryText({ programs, files }: CoverageReport): string {
  const rows = [
    ["program", "instructions", "branches"],
    ...programs.map(({ name, instructions, branches }) => [
      name,
      shareText(instructions),
      shareText(branches),
    ]),
    ...files.map((file) => [fileName(file.path), `${shareText(linesOf(file))} lines`, ""]),
  ];
  const width = Math.max(...rows.map(([name]) => name!.length));
  const table = rows.map(([name, first, second]) =>
    `${name!.padEnd(width)}  ${first!.padEnd(22)}${second!}`.trimEnd(),
  );
  return `${[...table, ...files.flatMap(unreached), ...files.flatMap(halfTaken)].join("\n")}\n`;
}

function linesOf({ lines }: FileCoverage): Share {
  return shareOf([...lines.values()]);
}

/** `7/10 (70.0 %)`; nothing is all of nothing. */
function shareText({ covered, total }: Share): string {
  const percent = total === 0 ? 100 : (100 * covered) / total;
  return `${covered}/${total} (${percent.toFixed(1)} %)`;
}

function unreached({ path, lines, texts }: FileCoverage): readonly string[] {
  return [...lines]
    .filter(([, count]) => count === 0)
    .map(([line]) => `not reached: ${fileName(path)}:${line}  ${texts.get(line)!.trim()}`);
}

/** Lines that were reached, with a jump of which one way was never gone. */
function halfTaken({ path, branches, lines, texts }: FileCoverage): readonly string[] {
  const half = branches.filter(
    ({ fallen, taken }) => fallen + taken > 0 && (fallen === 0 || taken === 0),
  );
  return [...new Set(half.map(({ line }) => line))]
    .filter((line) => lines.get(line)! > 0)
    .map((line) => `one way only: ${fileName(path)}:${line}  ${texts.get(line)!.trim()}`);
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
