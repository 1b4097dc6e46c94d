/**
 * A file that another process writes, shown as it grows.
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

const intervalMs = 200;

/** Calls back with what is added to a file, until it is disposed; the rest comes then. */
export class FollowedFile implements Disposable {
  readonly #file: number;
  readonly #onText: (text: string) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #decoder = new StringDecoder("utf8");
  readonly #buffer = Buffer.alloc(1 << 16);

  constructor(path: string, onText: (text: string) => void) {
    this.#file = openSync(path, "r");
    this.#onText = onText;
    this.#timer = setInterval(() => this.#read(), intervalMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#read();
    closeSync(this.#file);
  }

  #read(): void {
    for (;;) {
      const length = readSync(this.#file, this.#buffer, 0, this.#buffer.length, null);
      if (length === 0) return;
      this.#onText(this.#decoder.write(this.#buffer.subarray(0, length)));
    }
  }
}
