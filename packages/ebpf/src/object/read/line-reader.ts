/**
 * Lines of source text by the places of instructions.
 * @module
 */
import type { LineInfo } from "../../btf/ext/records.ts";
import type { SourceLine } from "../../isa/instruction.ts";
import { slotSize } from "../../isa/slot.ts";

/** The lines that the instructions of a section come from. */
export class LineReader {
  /** In the order of their places. */
  readonly #records: readonly LineInfo[];

  /** With the records of the section. */
  constructor(records: readonly LineInfo[]) {
    this.#records = records.toSorted((left, right) => left.slot - right.slot);
  }

  /** The line of the instruction at `offset` bytes of the section, in a function that starts at `start`. */
  at(offset: number, start: number): SourceLine | undefined {
    const record = this.#before(offset / slotSize);
    // Compilers say line 0 of what comes from nowhere.
    if (record === undefined || record.line === 0) return undefined;
    if (record.slot * slotSize < start) return undefined;
    const { file, line, column, text } = record;
    return { file, line, column: Math.max(column, 1), text };
  }

  /** The last record at or before `slot`. */
  #before(slot: number): LineInfo | undefined {
    let [low, high] = [0, this.#records.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records[middle]!.slot <= slot) low = middle + 1;
      else high = middle;
    }
    return this.#records[low - 1];
  }
}
