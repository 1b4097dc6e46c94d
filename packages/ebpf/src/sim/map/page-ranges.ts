/**
 * Free pages of an arena, as ranges (kernel/bpf/range_tree.c).
 *
 * The smallest range that is large enough is taken from its start; of several of one size the one that came or changed last.
 * So the list is in the order of changes, and programs get the pages that they would get from the kernel.
 * @module
 */

interface Range {
  readonly start: number;
  /** Behind the last page. */
  readonly end: number;
}

/** Which pages are free. */
export class PageRanges {
  #ranges: readonly Range[];

  /** So many pages, all free. */
  constructor(pages: number) {
    this.#ranges = [{ start: 0, end: pages }];
  }

  /** Where so many pages in a row are to be taken; `undefined` when there are none. */
  find(count: number): number | undefined {
    let best: Range | undefined;
    for (const range of this.#ranges) {
      const size = range.end - range.start;
      const isBetter = best === undefined || size <= best.end - best.start;
      if (size >= count && isBetter) best = range;
    }
    return best?.start;
  }

  /** Whether all of these pages are free. */
  areFree(start: number, count: number): boolean {
    return this.#ranges.some((range) => range.start <= start && range.end >= start + count);
  }

  /** Takes pages, free or not. */
  take(start: number, count: number): void {
    const end = start + count;
    const touched = this.#ranges.filter((range) => range.start < end && range.end > start);
    const kept = this.#ranges.filter((range) => !touched.includes(range));
    const left = touched.flatMap((range) => [
      { start: range.start, end: start },
      { start: end, end: range.end },
    ]);
    this.#ranges = [...kept, ...left.filter((range) => range.end > range.start)];
  }

  /** Gives pages back, free or not; ranges that touch become one. */
  release(start: number, count: number): void {
    if (this.areFree(start, count)) return;
    this.take(start, count);
    const end = start + count;
    const before = this.#ranges.find((range) => range.end === start);
    const behind = this.#ranges.find((range) => range.start === end);
    const kept = this.#ranges.filter((range) => range !== before && range !== behind);
    this.#ranges = [...kept, { start: before?.start ?? start, end: behind?.end ?? end }];
  }
}
