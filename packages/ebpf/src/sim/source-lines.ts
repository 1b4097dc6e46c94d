/**
 * The lines of source that instructions come from, as the tables beside a program say them.
 *
 * A record counts from its instruction to the next record. A program without such a table, or with a damaged one, runs
 * all the same: then nobody knows its lines.
 * @module
 */
import { MalformedError } from "../base/errors.ts";
import { parseBtf } from "../btf/btf.ts";
import { decodeRecords, type LineInfo, lineInfoFormat } from "../btf/ext/records.ts";
import { type Instruction, slotCount } from "../isa/instruction.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import { objectOf } from "./object.ts";
import { SimulatedBtf } from "./simulated-btf.ts";

/** The instructions of a program, each with its line where that is known. */
export function withSources(
  instructions: readonly Instruction[],
  attributes: Pick<ProgLoad, "lineInfo" | "progBtf">,
): readonly Instruction[] {
  const lines = linesOf(attributes);
  if (lines.length === 0) return instructions;
  let slot = 0;
  let next = 0;
  return instructions.map((instruction) => {
    while (next < lines.length && lines[next]!.slot <= slot) next += 1;
    slot += slotCount(instruction);
    const line = lines[next - 1];
    if (line === undefined) return instruction;
    const { file, line: number, column, text } = line;
    return { ...instruction, source: { file, line: number, column, text } };
  });
}

function linesOf({
  lineInfo,
  progBtf,
}: Pick<ProgLoad, "lineInfo" | "progBtf">): readonly LineInfo[] {
  if (lineInfo === undefined || progBtf === undefined) return [];
  try {
    const { strings } = parseBtf(objectOf(progBtf, SimulatedBtf).bytes);
    return decodeRecords(lineInfoFormat, lineInfo, strings);
  } catch (error) {
    if (error instanceof MalformedError) return [];
    throw error;
  }
}
