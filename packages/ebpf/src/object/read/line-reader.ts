/**
 * Lines of source text by the places of instructions.
 * @module
 */
import type { LineInfo } from "../../btf/ext/records.ts";
import type { SourceLine } from "../../isa/instruction.ts";
import { slotSize } from "../../isa/slot.ts";

/** The lines that the instructions of one function come from. */
export class LineReader {
  readonly #records: readonly LineInfo[];

  /** With the records of a section, for a function that starts at `start` bytes. */
  constructor(records: readonly LineInfo[], start: number) {
    this.#records = records.filter(({ slot }) => slot * slotSize >= start);
  }

  /** The line of the instruction at `offset` bytes of the section. */
  at(offset: number): SourceLine | undefined {
    const record = this.#records.findLast(({ slot }) => slot * slotSize <= offset);
    // Compilers say line 0 of what comes from nowhere.
    if (record === undefined || record.line === 0) return undefined;
    const { file, line, column, text } = record;
    return { file, line, column: Math.max(column, 1), text };
  }
}
