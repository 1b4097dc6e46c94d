/**
 * Counts of instructions as counts of programs, lines and branches.
 * @module
 */
import type { Covered, CoveredProgram } from "./coverage.ts";

/** How much there is, and how much of it was reached. */
export interface Share {
  readonly total: number;
  readonly covered: number;
}

/** What was reached of a program. */
export interface ProgramCoverage {
  readonly name: string;
  readonly instructions: Share;
  /** Edges of conditional jumps. */
  readonly branches: Share;
}

/** A conditional jump: how often it did not jump and did. */
export interface BranchCounts {
  readonly line: number;
  readonly fallen: number;
  readonly taken: number;
}

/** What was reached of a file of source. */
export interface FileCoverage {
  readonly path: string;
  /** Counts by line, those never reached included. */
  readonly lines: ReadonlyMap<number, number>;
  /** Text of the lines. */
  readonly texts: ReadonlyMap<number, string>;
  readonly branches: readonly BranchCounts[];
  readonly functions: readonly {
    readonly name: string;
    readonly line: number;
    readonly count: number;
  }[];
}

/** What was reached. */
export interface CoverageReport {
  readonly programs: readonly ProgramCoverage[];
  /** By path. Instructions whose line nobody knows are in no file. */
  readonly files: readonly FileCoverage[];
}

/** The report of programs. */
export function coverageReport(programs: readonly CoveredProgram[]): CoverageReport {
  const files = new Map<string, GrowingFile>();
  for (const program of programs) addToFiles(files, program);
  return {
    programs: programs.map(programCoverage),
    files: [...files.values()]
      .toSorted((left, right) => (left.path < right.path ? -1 : 1))
      .map(finished),
  };
}

function programCoverage({ name, instructions }: CoveredProgram): ProgramCoverage {
  const jumps = instructions.filter(isBranch);
  const edges = jumps.flatMap(({ count, taken }) => [taken, count - taken]);
  return {
    name,
    instructions: shareOf(instructions.map(({ count }) => count)),
    branches: shareOf(edges),
  };
}

/** How many there are, and how many are not 0. */
export function shareOf(counts: readonly number[]): Share {
  return { total: counts.length, covered: counts.filter((count) => count > 0).length };
}

interface GrowingFile {
  readonly path: string;
  readonly lines: Map<number, number>;
  readonly texts: Map<number, string>;
  readonly branches: BranchCounts[];
  readonly functions: FileCoverage["functions"][number][];
}

/** What programs of one file have in common (functions both call) is summed up, line by line. */
function addToFiles(files: Map<string, GrowingFile>, program: CoveredProgram): void {
  const counts = new Map<string, Map<number, number>>();
  for (const covered of program.instructions) {
    const { source } = covered.instruction;
    if (source === undefined) continue;
    const file = files.get(source.file) ?? newFile(source.file);
    files.set(source.file, file);
    file.texts.set(source.line, source.text);
    const lines = counts.get(source.file) ?? new Map<number, number>();
    counts.set(source.file, lines);
    lines.set(source.line, Math.max(lines.get(source.line) ?? 0, covered.count));
    if (isBranch(covered)) {
      const { count, taken } = covered;
      file.branches.push({ line: source.line, fallen: count - taken, taken });
    }
    addFunction(file, program, covered);
  }
  for (const [path, lines] of counts) {
    const file = files.get(path)!;
    for (const [line, count] of lines) file.lines.set(line, (file.lines.get(line) ?? 0) + count);
  }
}

function addFunction(
  file: GrowingFile,
  { functions }: CoveredProgram,
  { slot, count, instruction }: Covered,
): void {
  const name = functions.get(slot);
  if (name !== undefined) file.functions.push({ name, line: instruction.source!.line, count });
}

function newFile(path: string): GrowingFile {
  return { path, lines: new Map(), texts: new Map(), branches: [], functions: [] };
}

function finished({ lines, branches, ...file }: GrowingFile): FileCoverage {
  return {
    ...file,
    lines: new Map([...lines].toSorted(([left], [right]) => left - right)),
    branches: branches.toSorted((left, right) => left.line - right.line),
  };
}

function isBranch({ instruction }: Covered): boolean {
  return instruction.kind === "jump-if";
}
