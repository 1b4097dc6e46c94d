/**
 * Waiting for changes in folders.
 *
 * Each folder is watched by itself, so that those that are passed over, with their ten thousands of files, cost
 * nothing; when folders come and go, what is watched is told anew.
 * @module
 */
import { watch, type FSWatcher } from "node:fs";

/** Tells when something changes in the folders it watches. Disposing of it ends that. */
export class ChangeWatcher implements Disposable {
  readonly #watchers = new Map<string, FSWatcher>();
  #changed = false;
  #wake: (() => void) | undefined;

  /** Watches these folders, and no others any more. */
  watch(folders: readonly string[]): void {
    const wanted = new Set(folders);
    for (const [folder, watcher] of this.#watchers) {
      if (!wanted.has(folder)) this.#forget(folder, watcher);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#add(folder);
  }

  /** Resolves with whether something has changed since the last time; with `false` when `signal` aborts first. */
  async changed(signal: AbortSignal): Promise<boolean> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    this.#changed = false;
    return !signal.aborted;
  }

  [Symbol.dispose](): void {
    for (const [folder, watcher] of this.#watchers) this.#forget(folder, watcher);
  }

  #add(folder: string): void {
    const watcher = watch(folder, () => this.#onChange());
    // The folder has gone; the next scan will not name it any more.
    watcher.on("error", () => this.#onChange());
    this.#watchers.set(folder, watcher);
  }

  #forget(folder: string, watcher: FSWatcher): void {
    watcher.close();
    this.#watchers.delete(folder);
  }

  #onChange(): void {
    this.#changed = true;
    this.#wake?.();
  }
}
