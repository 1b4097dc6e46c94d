/**
 * Words in messages.
 * @module
 */

/** `"1 byte"`, `"2 bytes"`: the count with the word in the right number. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** The candidate most like `text`, when one is near enough to have been meant. */
export function closest(text: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(text.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) >= bestDistance) continue;
    const distance = editDistance(text, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `"did you mean x?"` when a candidate is near `text`, else `undefined`. */
export function didYouMean(text: string, candidates: Iterable<string>): string | undefined {
  const best = closest(text, candidates);
  return best === undefined ? undefined : `did you mean "${best}"?`;
}

/** Levenshtein distance: insertions, deletions and replacements from `left` to `right`. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
