/**
 * Text put into a file, and the source map of the result.
 *
 * Only insertions, none with a line break: line n of the result is line n of the file. So the map has one segment for
 * each word of the file and no line to look for. Source map format: ECMA-426.
 * @module
 */
import type { SourceText } from "../lang/source/source-function.ts";

/** Text and the offset in the file it goes before. It adds no line. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
  /** What it stands for ends here: that is left out, and the text has as many lines. */
  readonly until?: number;
}

/** A source map with one source, which lies in the same folder. */
export interface SourceMap {
  readonly version: 3;
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

/** The text with all `insertions` made, which are in order of their place. */
export function inserted(text: string, insertions: readonly Insertion[]): string {
  let result = "";
  let from = 0;
  for (const { at, text: added, until = at } of insertions) {
    result += text.slice(from, at) + added;
    from = until;
  }
  return result + text.slice(from);
}

/** The map from the text with `insertions` made, which are in order of their place, to the file. */
export function sourceMap({ path, text }: SourceText, insertions: readonly Insertion[]): SourceMap {
  const segments = new SegmentWriter();
  let start = 0;
  const lines = text.split("\n").map((content, line) => {
    const lineStart = start;
    const within = insertions.filter(
      ({ at, until = at }) => until >= lineStart && at <= lineStart + content.length,
    );
    const kept = wordStarts(content).filter((column) => !isLeftOut(within, lineStart + column));
    const written = kept.map((column) =>
      segments.write(line, column, shiftAt(within, lineStart, lineStart + column)),
    );
    start += content.length + 1;
    segments.endLine();
    return written.join(",");
  });
  return {
    version: 3,
    sources: [path.slice(path.lastIndexOf("/") + 1)],
    sourcesContent: [text],
    names: [],
    mappings: lines.join(";"),
  };
}

function isLeftOut(insertions: readonly Insertion[], place: number): boolean {
  return insertions.some(({ at, until = at }) => at <= place && place < until);
}

/** How far what is at `place`, in the line that starts at `lineStart`, moved to the right. */
function shiftAt(insertions: readonly Insertion[], lineStart: number, place: number): number {
  return insertions
    .filter(({ at }) => at <= place)
    .map(({ at, text, until = at }) => {
      const added = at < lineStart ? 0 : text.replace(/\n+$/, "").length;
      return added - (until - Math.max(at, lineStart));
    })
    .reduce((sum, shift) => sum + shift, 0);
}

/** Segments are written as differences to the one before: column here, source, line there, column there. */
class SegmentWriter {
  #generatedColumn = 0;
  #line = 0;
  #column = 0;

  /** The segment for a place of the file that moved to the right by `shift`. */
  write(line: number, column: number, shift: number): string {
    const generated = column + shift;
    const differences = [
      generated - this.#generatedColumn,
      0,
      line - this.#line,
      column - this.#column,
    ];
    this.#generatedColumn = generated;
    this.#line = line;
    this.#column = column;
    return differences.map(base64Vlq).join("");
  }

  endLine(): void {
    this.#generatedColumn = 0;
  }
}

/** Columns at which a word or a sign starts. */
function wordStarts(line: string): readonly number[] {
  return Array.from(line.matchAll(/[\w$]+|[^\w$\s]/g), ({ index }) => index);
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A number in base 64 of variable length: the sign in the lowest bit, five bits a digit, the lowest first. */
function base64Vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  do {
    const more = rest > 31;
    text += digits[(rest & 31) | (more ? 32 : 0)]!;
    rest >>>= 5;
  } while (rest > 0);
  return text;
}
