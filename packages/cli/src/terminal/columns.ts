/**
 * Text in columns of a terminal.
 *
 * Text is made of clusters, a character with what belongs to it, and a cluster takes one column or two, which Unicode has a table
 * for. Most text is ASCII, and asks for no table.
 * @module
 */
import { eastAsianWidth } from "get-east-asian-width";

const ascii = /^[ -~]*$/;
const ellipsis = "…";

/** Columns that `text` takes; it must not hold control characters. */
export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of clustersOf(text)) width += clusterWidth(segment);
  return width;
}

/** `text` with blanks behind it up to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(width - widthOf(text), 0));
}

/** `text`, or as much of it as fits into `width` columns, one at least, together with an ellipsis. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (ascii.test(text)) return text.slice(0, width - 1) + ellipsis;
  let kept = "";
  let left = width - 1;
  for (const { segment } of clustersOf(text)) {
    left -= clusterWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept + ellipsis;
}

let segmenter: Intl.Segmenter | undefined;

/** Made when it is needed, which takes longer than everything else here. */
function clustersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

// Two letters that make a flag, or a character followed by the selector for emoji.
const emoji = /^\p{Regional_Indicator}{2}|\ufe0f/u;
const mark = /^\p{M}/u;

function clusterWidth(cluster: string): number {
  if (emoji.test(cluster)) return 2;
  return mark.test(cluster) ? 0 : eastAsianWidth(cluster.codePointAt(0)!);
}
