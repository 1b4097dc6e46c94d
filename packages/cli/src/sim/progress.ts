/**
 * A bar that shows how far something is; only on terminals.
 * @module
 */

/** Columns of the bar. */
const width = 30;

/** How far a file is read. */
export class Progress implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #total: number;
  #shown = -1;

  constructor(stream: NodeJS.WriteStream, total: number) {
    this.#stream = stream;
    this.#total = total;
  }

  /** Shows the bar, when it looks different from before. */
  show(done: number, packets: number): void {
    if (!this.#stream.isTTY || this.#total === 0) return;
    const percent = Math.floor((done / this.#total) * 100);
    if (percent === this.#shown) return;
    this.#shown = percent;
    const full = Math.round((percent / 100) * width);
    const bar = `${"#".repeat(full)}${"-".repeat(width - full)}`;
    this.#stream.write(`\r[${bar}] ${String(percent).padStart(3)} %  ${packets} packets`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#shown < 0) return;
    this.#shown = -1;
    this.#stream.write("\r\x1b[K");
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
